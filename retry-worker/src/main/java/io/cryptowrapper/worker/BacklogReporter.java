package io.cryptowrapper.worker;

import io.cryptowrapper.results.Backlog;
import io.cryptowrapper.results.Outbox;
import io.cryptowrapper.retryqueue.WorkQueue;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.AmqpException;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Reports how many messages wait, in queue and outbox: estimates fall back on it, and new messages may find no room.
 */
@Component
class BacklogReporter {

    private static final Logger log = LoggerFactory.getLogger(BacklogReporter.class);

    private final WorkQueue queue;
    private final Outbox outbox;
    private final Backlog backlog;
    private final AtomicLong depth = new AtomicLong();

    BacklogReporter(WorkQueue queue, Outbox outbox, Backlog backlog, MeterRegistry meters) {
        this.queue = queue;
        this.outbox = outbox;
        this.backlog = backlog;
        meters.gauge("retry.queue.depth", depth);
    }

    @Scheduled(fixedDelayString = "PT2S")
    void report() {
        try {
            depth.set(queue.depth());
            backlog.report(depth.get() + outbox.size());
        } catch (AmqpException | DataAccessException e) {
            log.debug("The backlog is not reported: {}", e.getMessage());
        }
    }
}
