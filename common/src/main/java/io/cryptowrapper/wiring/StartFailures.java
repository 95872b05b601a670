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
                case BindException bind
                when bind.getName().toString().startsWith("crypto") -> unconverted = describe(bind);
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
        String example = type.contains("duration")
                ? "a duration, for example 6s or 1500ms"
                : type.contains("size")
                        ? "a size, for example 8KB"
                        : type.contains("int") ? "a whole number" : "of the right form";
        var property = bind.getProperty();
        String value = property == null ? "its value" : "'" + property.getValue() + "'";
        return setting + " must be " + example + ": " + value + " is not.";
    }
}
