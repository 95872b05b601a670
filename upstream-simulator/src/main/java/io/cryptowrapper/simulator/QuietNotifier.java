package io.cryptowrapper.simulator;

import com.github.tomakehurst.wiremock.common.Notifier;

/** Tells of WireMock's errors by their kind alone: its messages may quote requests, and with them a key. */
final class QuietNotifier implements Notifier {

    @Override
    public void info(String message) {}

    @Override
    public void error(String message) {}

    @Override
    public void error(String message, Throwable thrown) {
        System.err.println(
                "A request could not be answered: " + thrown.getClass().getName());
    }
}
