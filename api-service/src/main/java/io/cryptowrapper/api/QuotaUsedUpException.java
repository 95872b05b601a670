package io.cryptowrapper.api;

import io.cryptowrapper.contract.SignResponse;
import java.time.Duration;

/** A request of a client that has made as many as it may. */
final class QuotaUsedUpException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient Duration comeBackAfter;

    QuotaUsedUpException(ClientQuota.Taken refused) {
        super("This key may be used " + refused.rateLimit().quota() + " times in a row, and as many times more in each "
                + SignResponse.seconds(refused.rateLimit().window())
                + " seconds. Nothing is promised: send it again later.");
        this.comeBackAfter = refused.untilEnough();
    }

    /** When it is worth another try. */
    Duration comeBackAfter() {
        return comeBackAfter;
    }
}
