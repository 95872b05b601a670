package io.cryptowrapper.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SilenceGuardTest {

    private final EmbeddedChannel connection = new EmbeddedChannel();

    @BeforeEach
    void guard() {
        connection.freezeTime();
        connection.pipeline().addFirst(new SilenceGuard());
    }

    @AfterEach
    void close() {
        var _ = connection.close();
    }

    @Test
    void a_question_without_an_answer_ends_the_connection_after_two_seconds() {
        connection.writeOutbound("question");
        pass(1900);
        assertThat(connection.isOpen()).isTrue();

        pass(700);

        assertThat(connection.isOpen()).isFalse();
    }

    @Test
    void further_questions_do_not_keep_it_alive() {
        int questions = 0;
        while (connection.isOpen() && questions < 10) {
            connection.writeOutbound("question");
            questions++;
            pass(500);
        }

        assertThat(questions).isLessThan(6);
    }

    @Test
    void a_question_after_any_silence_has_its_time() {
        for (int silence = 1900; silence < 2600; silence += 100) {
            pass(silence);
            connection.writeOutbound("question");
            pass(200);
            assertThat(connection.isOpen()).isTrue();
            connection.writeInbound("answer");
        }
    }

    @Test
    void who_is_not_asked_may_be_silent() {
        connection.writeOutbound("question");
        connection.writeInbound("answer");

        pass(60_000);

        assertThat(connection.isOpen()).isTrue();
    }

    private void pass(int millis) {
        for (int passed = 0; passed < millis; passed += 100) {
            connection.advanceTimeBy(100, TimeUnit.MILLISECONDS);
            connection.runScheduledPendingTasks();
        }
    }
}
