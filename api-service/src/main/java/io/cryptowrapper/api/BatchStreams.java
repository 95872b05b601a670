package io.cryptowrapper.api;

import io.cryptowrapper.signing.Message;
import io.cryptowrapper.signing.SigningStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/** The clients that follow batches by server-sent events. */
@Component
class BatchStreams {

    /** What a client may need to read all that it is told when the last message has ended. */
    private static final Duration TIME_TO_READ = Duration.ofSeconds(60);

    private final Watches watches;
    private final Heartbeat heartbeat;
    private final Answers answers;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Executor later =
            CompletableFuture.delayedExecutor(TIME_TO_READ.toMillis(), TimeUnit.MILLISECONDS, threads);

    BatchStreams(Watches watches, Heartbeat heartbeat, Answers answers) {
        this.watches = watches;
        this.heartbeat = heartbeat;
        this.answers = answers;
    }

    /**
     * Lets a client follow a batch until all of its messages have ended.
     *
     * @param places given back then
     */
    BatchStream open(Batch batch, Lease places) {
        BatchStream stream = new BatchStream(batch.messages().size(), threads);
        Set<Message> waiting = batch.waiting();
        var followed = new Followed(indexes(batch.messages()), waiting.size(), stream);
        var ends = new Ends(watches, waiting, followed);
        // Before anything can end it.
        stream.whenOver(() -> {
            ends.leave();
            heartbeat.remove(stream);
            places.close();
        });
        heartbeat.add(stream);
        batch.outcomes().forEach((message, outcome) -> {
            if (!waiting.contains(message)) {
                followed.offer(message, outcome);
            }
        });
        stream.wake();
        if (waiting.isEmpty()) {
            later.execute(stream::abandon);
        } else {
            ends.watch();
        }
        return stream;
    }

    private static Map<Message, List<Integer>> indexes(List<Message> messages) {
        Map<Message, List<Integer>> indexes = new HashMap<>();
        for (int i = 0; i < messages.size(); i++) {
            indexes.computeIfAbsent(messages.get(i), message -> new ArrayList<>(1))
                    .add(i);
        }
        return indexes;
    }

    private final class Followed implements Ends.Listener {

        private final Map<Message, List<Integer>> indexes;
        private final AtomicInteger left;
        private final BatchStream stream;

        private Followed(Map<Message, List<Integer>> indexes, int waiting, BatchStream stream) {
            this.indexes = indexes;
            this.left = new AtomicInteger(waiting);
            this.stream = stream;
        }

        @Override
        public void ended(Message message, SigningStatus status) {
            offer(message, new Batch.Outcome.Told(answers.of(message.id(), status, Deadline.in(Duration.ZERO))));
            stream.wake();
            if (left.decrementAndGet() == 0) {
                later.execute(stream::abandon);
            }
        }

        @Override
        public void stops() {
            stream.end();
        }

        private void offer(Message message, Batch.Outcome outcome) {
            for (int index : Objects.requireNonNull(indexes.get(message))) {
                stream.offer(
                        switch (outcome) {
                            case Batch.Outcome.Told(Answer answer) -> BatchEvent.ended(index, message, answer);
                            case Batch.Outcome.Refused(var reason) -> Refusal.of(message, index, reason);
                        });
            }
        }
    }
}
