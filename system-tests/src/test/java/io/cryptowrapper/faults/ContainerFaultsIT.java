package io.cryptowrapper.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.system.NeedsContainers;
import io.cryptowrapper.system.Servers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The fault table on RabbitMQ and Redis in containers, and what only they can suffer. */
@NeedsContainers
class ContainerFaultsIT extends FaultTable {

    private final FragileServers fragile = FragileServers.start();

    @Override
    Servers servers() {
        return fragile.servers();
    }

    @AfterAll
    void stopServers() {
        fragile.close();
    }

    @Test
    void rabbitmq_killed_loses_nothing() {
        acceptSomeThatWait();
        fragile.killBroker();
        acceptSome(WAITING);

        assertCachedAnswersCome();
        fragile.startBroker();
    }

    @Test
    void rabbitmq_short_of_memory_takes_no_messages_and_retries_go_on_through_the_outbox() {
        fragile.limitBrokersMemory(0.00001);
        try {
            acceptSomeThatWait();
            acceptSome(WAITING);
            assertCachedAnswersCome();
        } finally {
            fragile.limitBrokersMemory(0.6);
        }
    }

    @Test
    void full_queues_refuse_messages_which_wait_in_the_outbox() {
        fragile.limitQueues(2);
        try {
            acceptSomeThatWait();
            upstream().isWell();
            every_one_of_them_is_signed();
        } finally {
            fragile.unlimitQueues();
        }
    }

    @Test
    void redis_killed_loses_nothing() {
        acceptSomeThatWait();
        fragile.killRedis();
        acceptSome("\"last_status_code\":429");

        assertCachedAnswersCome();
        fragile.startRedis();
    }

    @Test
    void redis_full_is_like_redis_away_and_loses_nothing() {
        acceptSomeThatWait();
        fragile.redis("config", "set", "maxmemory", "1");
        try {
            acceptSome("\"last_status_code\":429");
            assertCachedAnswersCome();
        } finally {
            fragile.redis("config", "set", "maxmemory", "0");
        }
    }

    @Test
    void redis_emptied_what_waits_is_still_in_the_queue_and_the_budget_is_kept() {
        acceptSomeThatWait();
        await("all of them are in the queue")
                .until(() -> fragile.redis("zcard", "sign:outbox").equals("0"));

        fragile.redis("flushall");

        upstream().isWell();
        // For a window nobody calls: the table's promise about the budget is looked at after each test.
        every_one_of_them_is_signed();
        assertThat(fragile.redis("exists", "sign:quota")).isEqualTo("1");
    }
}
