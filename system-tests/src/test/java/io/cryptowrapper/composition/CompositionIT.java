package io.cryptowrapper.composition;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cryptowrapper.simulator.Call;
import io.cryptowrapper.testing.EventClient;
import io.cryptowrapper.testing.RawHttp;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Three workers and two APIs in containers are one system with one budget, and go on while they are replaced. */
@Tag(Stage.COMPOSITION)
@Timeout(600)
class CompositionIT {

    private static final int CALLS = 10;
    private static final Duration WINDOW = ofSeconds(10);
    private static final Duration PERIOD = ofSeconds(1);
    private static final Duration PROMISED = ofSeconds(2);
    private static final int MESSAGES = 40;

    /** More than can be signed before retries begin. */
    private static final int BEFORE_THE_FIRST = CALLS + 2;

    private static final int APIS = 2;
    private static final int WORKERS = 3;

    private static final Composition COMPOSITION =
            new Composition("cryptowrapper-test", List.of("docker-compose.yml"), Composition.pace(CALLS, WINDOW));

    @BeforeAll
    static void up() {
        // As the README says.
        COMPOSITION.compose(
                "up",
                "--build",
                "--scale",
                "retry-worker=" + WORKERS,
                "--scale",
                "api-service=" + APIS,
                "--detach",
                "--wait");
    }

    @AfterAll
    static void down() {
        COMPOSITION.close();
    }

    @Test
    void forty_messages_are_signed_inside_the_budget_and_no_turn_is_late_while_each_worker_is_replaced(TestInfo test)
            throws Exception {
        List<String> messages = messages(test, MESSAGES);
        for (String message : messages) {
            assertThat(COMPOSITION.ask(message).status()).isEqualTo(200);
        }
        Set<String> signed = new HashSet<>();
        for (int worker = 1; worker <= WORKERS; worker++) {
            // So early that there is a backlog while it is away.
            Composition.awaitSigned(BEFORE_THE_FIRST + 6 * (worker - 1), messages, signed, COMPOSITION::isSigned);
            COMPOSITION.docker("restart", "retry-worker", worker);
            COMPOSITION.awaitHealthy("retry-worker", worker);
        }
        Composition.awaitSigned(MESSAGES, messages, signed, COMPOSITION::isSigned);

        List<Call> calls = COMPOSITION.calls().stream()
                .filter(call -> messages.contains(call.message()))
                .toList();
        // In the beginning first calls use up the budget at once; at the end the queue is empty now and then.
        Duration pause = Composition.longestPause(
                calls.subList(indexOfSigned(calls, BEFORE_THE_FIRST), indexOfSigned(calls, MESSAGES - 5)));
        int most = Call.mostInAnyWindow(calls, WINDOW);
        System.out.printf(
                "%d workers and %d APIs: %d calls for %d messages, at most %d in any %s, %s between two at most%n",
                WORKERS, APIS, calls.size(), MESSAGES, most, WINDOW, pause);
        assertThat(most).isLessThanOrEqualTo(CALLS);
        Map<Integer, Long> statuses = Call.countedByStatus(calls);
        assertThat(statuses).containsOnlyKeys(200, 502);
        assertThat(statuses.get(200)).isEqualTo(MESSAGES);
        // One period late, and what the budget's guard and the machine take.
        assertThat(pause).isLessThan(PERIOD.multipliedBy(2).plusMillis(250));
    }

    @Test
    void clients_notice_nothing_while_each_api_is_replaced(TestInfo test) throws Exception {
        String message = messages(test, 1).getFirst();
        await().atMost(ofMinutes(1)).until(() -> COMPOSITION.isSigned(message));

        int answers = 0;
        int late = 0;
        for (int api = 1; api <= APIS; api++) {
            int number = api;
            Thread restart = Thread.ofPlatform().start(() -> COMPOSITION.docker("restart", "api-service", number));
            do {
                long asked = System.nanoTime();
                assertThat(COMPOSITION.ask(message).body()).contains("\"success\":true");
                answers++;
                late += Duration.ofNanos(System.nanoTime() - asked).compareTo(PROMISED) > 0 ? 1 : 0;
            } while (restart.isAlive());
            COMPOSITION.awaitHealthy("api-service", api);
        }
        assertThat(late)
                .as("answers of %d that took longer than %s", answers, PROMISED)
                .isLessThanOrEqualTo(answers / 100);

        for (int api = 1; api <= APIS; api++) {
            int number = api;
            await("both are asked").atMost(ofMinutes(1)).until(() -> {
                COMPOSITION.ask(message);
                return COMPOSITION
                        .inside("api-service", number, "curl -s http://127.0.0.1:8081/actuator/metrics")
                        .contains("http.server.requests");
            });
        }
    }

    @Test
    void who_waits_or_follows_is_answered_through_the_gateway_when_there_is_a_signature(TestInfo test)
            throws Exception {
        String waiting = "";
        // More than the budget has calls for, so that the last one waits for its turn.
        for (String message : messages(test, 2 * CALLS)) {
            waiting = COMPOSITION.isSigned(message) ? waiting : message;
        }
        String target = "/crypto/sign?message=" + URLEncoder.encode(waiting, StandardCharsets.UTF_8);
        try (Socket client = COMPOSITION.open(target, "Prefer: wait=60");
                EventClient follower = COMPOSITION.follow(target)) {
            assertThat(follower.next().name()).isEqualTo("pending");

            RawHttp.Response answer = RawHttp.read(client);
            assertThat(answer.body()).contains("\"success\":true");
            assertThat(answer.header("Preference-Applied")).contains("wait=60");
            assertThat(follower.nextNamed("signed").data()).isEqualTo(answer.body());
            assertThat(follower.isAtEnd()).isTrue();
        }
    }

    @Test
    void a_large_batch_comes_through_the_gateway(TestInfo test) throws Exception {
        // Two megabytes, and one message in the queue: others' tests wait for their turns there.
        String message = messages(test, 1).getFirst() + "x".repeat(4000);
        String json = Collections.nCopies(500, message).stream().collect(joining("\",\"", "{\"messages\":[\"", "\"]}"));

        RawHttp.Response answer;
        try (Socket client = COMPOSITION.connect()) {
            client.setSoTimeout(10_000);
            client.getOutputStream()
                    .write(("POST /crypto/sign HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: "
                                    + "application/json\r\nContent-Length: " + json.length() + "\r\n\r\n" + json)
                            .getBytes(US_ASCII));
            answer = RawHttp.read(client);
        }

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().split("\"message\":\"")).hasSize(501);
        assertThat(answer.body()).doesNotContain("\"status\":503");
    }

    @Test
    void when_no_api_answers_the_gateway_says_so_in_time_and_no_message_in_its_log() throws Exception {
        COMPOSITION.compose("stop", "api-service");
        try {
            Timing.within(PROMISED, () -> {
                RawHttp.Response answer = COMPOSITION.ask("kept-to-itself");

                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.header("Content-Type")).contains("application/problem+json");
                assertThat(answer.header("Retry-After")).contains("2");
            });
            assertThat(COMPOSITION.log("gateway")).noneMatch(line -> line.contains("kept-to-itself"));
        } finally {
            COMPOSITION.compose("start", "api-service");
            COMPOSITION.awaitHealthy("api-service", 1);
            COMPOSITION.awaitHealthy("api-service", 2);
        }
    }

    @Test
    void gateway_and_broker_that_are_started_again_come_back_and_what_waits_is_signed(TestInfo test) throws Exception {
        // More than the budget has calls for.
        List<String> messages = messages(test, CALLS + 2);
        for (String message : messages) {
            assertThat(COMPOSITION.ask(message).status()).isEqualTo(200);
        }

        for (String service : List.of("gateway", "rabbitmq")) {
            COMPOSITION.docker("restart", service, 1);
            COMPOSITION.awaitHealthy(service, 1);
        }

        Composition.awaitSigned(messages.size(), messages, new HashSet<>(), COMPOSITION::isSigned);
    }

    @ParameterizedTest
    @CsvSource({
        "/crypto/sign?message=%zz, 400",
        "/crypto/sign, 400",
        "/crypto/sign?message=a&message=b, 400",
        "/crypto/sign?message=LONG, 413",
        "/crypto/sign?message=TOO-LONG, 400",
        "'/crypto/sign?message= a', 400",
        "/elsewhere, 404"
    })
    void the_gateway_changes_nothing_about_what_is_wrong(String target, int status) throws Exception {
        RawHttp.Response answer =
                COMPOSITION.get(target.replace("TOO-LONG", "x".repeat(80_000)).replace("LONG", "x".repeat(9000)));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).contains("application/problem+json");
        assertThat(answer.body()).startsWith("{\"detail\":\"").doesNotContain("nginx", "html");
    }

    @Test
    void a_client_that_sends_a_byte_now_and_then_is_given_up_by_the_gateway() throws Exception {
        try (Socket slow = COMPOSITION.connect()) {
            slow.setSoTimeout(1);
            slow.getOutputStream().write("GET /crypto/sign?message=slow HTTP/1.1\r\nHost: a\r\nX: ".getBytes(US_ASCII));

            await().pollInterval(ofMillis(500)).atMost(ofSeconds(10)).until(() -> {
                try {
                    slow.getOutputStream().write('x');
                    return slow.getInputStream().read() < 0;
                } catch (SocketTimeoutException notYet) {
                    return false;
                } catch (IOException ended) {
                    return true;
                }
            });
        }
    }

    @Test
    void a_message_goes_through_the_gateway_as_it_is() throws Exception {
        RawHttp.Response answer = COMPOSITION.get("/crypto/sign?message=a+b%20c%2Bd%2F%25%C3%A9//..//x");

        assertThat(answer.body()).contains("\"message\":\"a b c+d/%é//..//x\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"gateway", "api-service", "retry-worker", "upstream-simulator", "rabbitmq", "redis", "passwords"
            })
    void a_container_may_do_no_more_than_it_must(String service) {
        assertThat(COMPOSITION.inspect("{{.Config.User}}", service, 1)).isNotIn("", "root", "0", "0:0");
        assertThat(COMPOSITION.inspect("{{.HostConfig.ReadonlyRootfs}}", service, 1))
                .isEqualTo("true");
        assertThat(COMPOSITION.inspect("{{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}}", service, 1))
                .isEqualTo("[ALL] []");
        assertThat(COMPOSITION.inspect("{{.HostConfig.SecurityOpt}}", service, 1))
                .isEqualTo("[no-new-privileges:true]");
        assertThat(COMPOSITION.inspect("{{.HostConfig.Privileged}}", service, 1))
                .isEqualTo("false");
        assertThat(Long.parseLong(COMPOSITION.inspect("{{.HostConfig.Memory}}", service, 1)))
                .isPositive();
        String doors = COMPOSITION.inspect("{{range .HostConfig.PortBindings}}{{.}}{{end}}", service, 1);
        if (service.equals("gateway")) {
            assertThat(doors).startsWith("[{127.0.0.1 ").doesNotContain("][");
        } else {
            assertThat(doors).isEmpty();
        }
    }

    @Test
    void the_user_of_redis_can_neither_flush_nor_stop_it() {
        assertThat(redis("ping")).contains("PONG");
        for (String command : List.of("flushall", "shutdown", "config get maxmemory", "keys '*'", "get other")) {
            assertThat(redis(command)).as(command).contains("NOPERM");
        }
        assertThat(COMPOSITION.inside("redis", 1, "redis-cli get sign:quota || true"))
                .contains("NOAUTH");
    }

    @Test
    void what_redis_knows_outlives_its_restart(TestInfo test) throws Exception {
        // So that the budget has been written to by scripts.
        COMPOSITION.ask(messages(test, 1).getFirst());
        COMPOSITION.compose("stop", "api-service", "retry-worker");
        String budget = redis("hgetall sign:quota");
        String waiting = redis("zrange sign:line 0 -1");

        for (String end : List.of("restart", "kill")) {
            COMPOSITION.docker(end, "redis", 1);
            COMPOSITION.docker("start", "redis", 1);
            COMPOSITION.awaitHealthy("redis", 1);

            assertThat(redis("hgetall sign:quota")).as(end).isEqualTo(budget).contains("granted");
            assertThat(redis("zrange sign:line 0 -1")).as(end).isEqualTo(waiting);
        }
        assertThat(COMPOSITION.log("redis")).noneMatch(line -> line.contains("CRITICAL"));
        COMPOSITION.compose("start", "api-service", "retry-worker");
        COMPOSITION.awaitHealthy("api-service", 1);
        COMPOSITION.awaitHealthy("api-service", 2);
    }

    @Test
    void servers_that_come_back_at_another_address_are_found(TestInfo test) throws Exception {
        for (String server : List.of("redis", "rabbitmq")) {
            String before =
                    COMPOSITION.startAtAnotherAddress(server, "servers", List.of("upstream-simulator", "gateway"));
            assertThat(COMPOSITION.addressOf(server, "servers")).isNotEqualTo(before);
            COMPOSITION.awaitHealthy(server, 1);
        }
        String message = messages(test, 1).getFirst();

        await().atMost(ofMinutes(2)).until(() -> COMPOSITION.isSigned(message));
        COMPOSITION.awaitHealthy("api-service", 1);
        COMPOSITION.awaitHealthy("retry-worker", 1);
    }

    @Test
    void the_user_of_rabbitmq_is_the_only_one_and_no_administrator() {
        assertThat(COMPOSITION
                        .inside("rabbitmq", 1, "rabbitmqctl -q --no-table-headers list_users")
                        .lines())
                .containsExactly("wrapper\t[]");
        assertThat(COMPOSITION.inside("rabbitmq", 1, "rabbitmqctl -q --no-table-headers list_user_permissions wrapper"))
                .startsWith("/\t^sign\\.\t");
    }

    /** A command as the services' user. */
    private static String redis(String command) {
        return COMPOSITION.inside(
                "redis",
                1,
                "REDISCLI_AUTH=$(sed -n 's/^user wrapper on >\\([^ ]*\\).*/\\1/p' /passwords/users.acl)"
                        + " redis-cli --user wrapper " + command + " || true");
    }

    private static List<String> messages(TestInfo test, int howMany) {
        return IntStream.range(0, howMany)
                .mapToObj(i -> test.getDisplayName() + " " + i)
                .toList();
    }

    private static int indexOfSigned(List<Call> calls, int howMany) {
        int signed = 0;
        for (int i = 0; i < calls.size(); i++) {
            signed += calls.get(i).status() == 200 ? 1 : 0;
            if (signed == howMany) {
                return i + 1;
            }
        }
        return calls.size();
    }
}
