package io.cryptowrapper.wiring;

import io.cryptowrapper.settings.InvalidSettingException;
import org.jspecify.annotations.Nullable;
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
        InvalidSettingException invalid = InvalidSettingException.findIn(failure);
        if (invalid != null) {
            return invalid.getMessage();
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PortInUseException inUse) {
                return "Port " + inUse.getPort()
                        + " is in use: stop what listens there, or set SERVER_PORT or MANAGEMENT_SERVER_PORT to"
                        + " another.";
            }
        }
        return null;
    }
}
