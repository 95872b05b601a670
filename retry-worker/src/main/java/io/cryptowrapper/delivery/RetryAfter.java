package io.cryptowrapper.delivery;

import io.cryptowrapper.settings.CallbackSettings;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** The pause that a receiver asks for (RFC 9110, 10.2.3): seconds, or a date. */
final class RetryAfter {

    private RetryAfter() {}

    /** Nothing if it asks for none, or in words that cannot be read. */
    static Optional<Duration> read(String value, Instant now) {
        Duration asked;
        try {
            asked = value.strip().matches("[0-9]{1,9}")
                    ? Duration.ofSeconds(Long.parseLong(value.strip()))
                    : Duration.between(
                            now,
                            ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                                    .toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
        Duration longest = CallbackSettings.LONGEST_DELAY;
        return Optional.of(asked.compareTo(longest) < 0 ? asked : longest).filter(Duration::isPositive);
    }
}
