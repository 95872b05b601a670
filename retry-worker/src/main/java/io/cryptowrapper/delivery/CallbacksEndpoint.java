package io.cryptowrapper.delivery;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.cryptowrapper.broker.NotConfirmedException;
import io.cryptowrapper.callbacks.Callback;
import io.cryptowrapper.callbacks.CallbackQueue;
import io.cryptowrapper.callbacks.ParkedCallbacks;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** {@code /actuator/callbacks} for operators: which callbacks are parked, and a way to send them after all. */
@Endpoint(id = "callbacks")
final class CallbacksEndpoint {

    private static final int MOST_SHOWN = 100;

    private final CallbackQueue queue;
    private final ParkedCallbacks parked;

    CallbacksEndpoint(CallbackQueue queue, ParkedCallbacks parked) {
        this.queue = queue;
        this.parked = parked;
    }

    /** How many there are, and what may be shown of the first hundred that are parked. */
    record Overview(long parked, long waiting, List<Shown> first) {}

    /** Without path and query, which may be secret. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Shown(
            @Nullable String id,
            @Nullable String host,
            @Nullable Instant created,
            @Nullable Integer attempts,
            String reason) {

        static Shown of(ParkedCallbacks.Parked parked) {
            Callback callback = parked.callback().orElse(null);
            return callback == null
                    ? new Shown(null, null, null, null, parked.reason())
                    : new Shown(
                            callback.id(), callback.host(), callback.createdAt(), callback.attempt(), parked.reason());
        }
    }

    @ReadOperation
    WebEndpointResponse<Object> overview() {
        return answer(() -> new Overview(
                parked.count(),
                queue.waiting(),
                parked.first(MOST_SHOWN).stream().map(Shown::of).toList()));
    }

    /** @param id of the one to be tried again; all of them without it */
    @WriteOperation
    WebEndpointResponse<Object> replay(@Nullable String id) {
        return answer(() -> Map.of(
                "replayed",
                parked.replay(callback -> id == null || callback.id().equals(id))));
    }

    private static WebEndpointResponse<Object> answer(Answer answer) {
        try {
            return new WebEndpointResponse<>(answer.get());
        } catch (AmqpException | NotConfirmedException e) {
            return new WebEndpointResponse<>(
                    Map.of("detail", String.valueOf(e.getMessage())), WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE);
        }
    }

    private interface Answer {
        Object get();
    }
}
