package io.cryptowrapper.wiring;

import io.cryptowrapper.settings.InvalidSettingException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.web.server.PortInUseException;

/** Turns what stops a start into one sentence for the operator, without a stack trace. */
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
                            + " is in use: stop what listens there, or set SERVER_PORT to another.";
                }
                case BindException bind -> unconverted = describe(bind);
                default -> {}
            }
        }
        return unconverted;
    }

    private static String describe(BindException bind) {
        // Of a list, the element is named: crypto.retry.delays[1] is still CRYPTO_RETRY_DELAYS.
        String setting = bind.getName()
                .toString()
                .replaceAll("\\[.*", "")
                .replaceAll("[.-]", "_")
                .toUpperCase(Locale.ROOT);
        String type = bind.getTarget().getType().toString().toLowerCase(Locale.ROOT);
        // The value itself is not printed: it may be a password that was put into the wrong variable.
        return setting + " must be " + expected(type) + ".";
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
