package io.cryptowrapper.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** The pause that an answer asks for (RFC 9110, 10.2.3): seconds, or a date. */
public final class RetryAfter {

    private RetryAfter() {}

    /**
     * Nothing if it asks for none, in words that cannot be read, or by a date that is over.
     *
     * @param now by the clock that a date is of
     */
    public static Optional<Duration> read(String value, Instant now) {
        String asked = value.strip();
        if (asked.matches("[0-9]{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(asked)));
        }
        return date(asked).map(date -> Duration.between(now, date)).filter(Duration::isPositive);
    }

    /** An HTTP date; nothing if it is none. */
    public static Optional<Instant> date(String value) {
        try {
            return Optional.of(ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
