package io.cryptowrapper.wiring;

import io.cryptowrapper.settings.InvalidSettingException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Turns what stops a start into one sentence for the operator, without a stack trace. Asked before Spring Boot's own
 * analyzers, which take several lines and quote values, passwords among them.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartFailures implements FailureAnalyzer, FailureAnalysisReporter {

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        String sentence = sentenceFor(failure);
        return sentence == null ? null : new FailureAnalysis(sentence, null, failure);
    }

    @Override
    public void report(FailureAnalysis analysis) {
        String action = analysis.getAction();
        System.err.println(action == null ? analysis.getDescription() : analysis.getDescription() + " " + action);
    }

    private static @Nullable String sentenceFor(Throwable failure) {
        String unconverted = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case InvalidSettingException invalid -> {
                    return invalid.getMessage();
                }
                case PortInUseException inUse -> {
                    return "Port " + inUse.getPort()
                            + " is in use: stop what listens there, or set SERVER_PORT or MANAGEMENT_SERVER_PORT to"
                            + " another.";
                }
                case BindException bind ->
                    unconverted = describe(
                            bind.getName().toString(),
                            bind.getTarget().getType().toString());
                case InvalidConfigurationPropertyValueException wrong ->
                    unconverted = describe(wrong.getName(), String.valueOf(wrong.getReason()));
                // Not public.
                case Throwable url
                when url.getClass().getSimpleName().equals("DataRedisUrlSyntaxException") -> {
                    return "SPRING_DATA_REDIS_URL must be an address such as redis://:password@host:6379.";
                }
                default -> {}
            }
        }
        return unconverted;
    }

    private static String describe(String property, String type) {
        // Of a list, the element is named: crypto.retry.delays[1] is still CRYPTO_RETRY_DELAYS.
        String setting =
                property.replaceAll("\\[.*", "").replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
        // The value itself is not printed: it may be a password that was put into the wrong variable.
        return setting + " must be " + expected(type.toLowerCase(Locale.ROOT)) + ".";
    }

    private static String expected(String type) {
        if (type.contains("duration")) {
            return "a duration, for example 6s or 1500ms";
        }
        if (type.contains("size")) {
            return "a size, for example 8KB";
        }
        if (type.contains("int")) {
            return "a whole number";
        }
        if (type.contains("uri")) {
            return "an address, for example https://api.example.com";
        }
        return type.contains("inetaddress") ? "an IP address or a host name" : "of another form";
    }
}
