package io.cryptowrapper.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cryptowrapper.callbacks.CallbackRefusedException.Reason;
import io.cryptowrapper.settings.AllowedTargets;
import io.cryptowrapper.settings.CallbackSettings;
import io.cryptowrapper.testing.Stage;
import io.cryptowrapper.testing.Timing;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CallbackTargetsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String PUBLIC = "93.184.215.14";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.com",
                "https://example.com/",
                "HTTPS://Example.COM/hook?token=a%20b&c=d",
                "https://example.com:8443/hook",
                "https://example.com./hook",
                "https://xn--bcher-kva.example/hook",
                "https://93.184.215.14/hook",
                "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook",
                "https://[::ffff:93.184.215.14]/hook",
                "https://[64:ff9b::5db8:d70e]/hook",
                "https://[2002:5db8:d70e::1]/hook"
            })
    void what_is_public_may_be_called(String url) {
        targets(PUBLIC).addressesOf(URI.create(url), PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://example.com/hook",
                "ftp://example.com/hook",
                "file:///etc/passwd",
                "mailto:somebody@example.com",
                "//example.com/hook",
                "/hook",
                "example.com",
                "https:example.com",
                "https:///hook",
                "https://user@example.com/hook",
                "https://user:password@example.com/hook",
                "https://@example.com/hook",
                "https://example.com/hook#fragment",
                "https://example.com:0/hook",
                "https://example.com:65536/hook",
                "https://example.com:/hook",
                "https://exa_mple.com/hook",
                "https://-example.com/hook",
                "https://example..com/hook",
                "https://b\u00fccher.example/hook",
                "https://example.com/h\u00f6ok",
                "https://2130706433/hook",
                "https://0x7f000001/hook",
                "https://0x7f.1/hook",
                "https://127.1/hook",
                "https://127.0.1/hook",
                "https://0177.0.0.1/hook",
                "https://127.0.0.01/hook",
                "https://127.0.0.1./hook",
                "https://1.2.3.4.5/hook",
                "https://example.1/hook",
                "https://[fe80::1%25eth0]/hook"
            })
    void what_is_malformed_is_told_so_whatever_its_host_is(String url) {
        assertThat(refusal(targets(PUBLIC), url)).isEqualTo(Reason.MALFORMED);
    }

    @Test
    void a_url_may_have_so_many_characters_and_no_more() {
        String longest = "https://example.com/" + "x".repeat(2048 - 20);

        targets(PUBLIC).addressesOf(URI.create(longest), PATIENCE);

        assertThat(refusal(targets(PUBLIC), longest + "x")).isEqualTo(Reason.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.7",
                "203.0.113.7",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::7f00:1",
                "::ffff:10.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "64:ff9b:1::5db8:d70e",
                "100::1",
                "2001::1",
                "2001:0:7f00:1::1",
                "2001:0:5db8:d70e::f5ff:fffe",
                "2001:2::1",
                "2001:10::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "2002:a9fe:a9fe::1",
                "3fff::1",
                "5f00::1",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "4000::1"
            })
    void what_is_not_public_is_refused_by_its_address_and_by_its_name_also_beside_a_public_one(String address) {
        String literal = address.contains(":") ? "[" + address + "]" : address;

        assertThat(refusal(targets(PUBLIC), "https://" + literal + "/hook")).isEqualTo(Reason.NOT_PUBLIC);
        assertThat(refusal(targets(address), "https://example.com/hook")).isEqualTo(Reason.NOT_PUBLIC);
        assertThat(refusal(targets(PUBLIC, address), "https://example.com/hook"))
                .isEqualTo(Reason.NOT_PUBLIC);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.0.3.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2001:200::1",
                "2001:db7::1",
                "2001:db9::1",
                "2a00::1"
            })
    void what_is_beside_them_is_public(String address) {
        targets(address).addressesOf(URI.create("https://example.com/hook"), PATIENCE);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "hooks.internal, http://hooks.internal/x, -",
                "Hooks.Internal, https://HOOKS.internal:9/x, -",
                "hooks.internal, http://hooks.internal:8080/x, -",
                "hooks.internal:8080, http://hooks.internal:8080/x, -",
                "hooks.internal:8080, http://hooks.internal/x, MALFORMED",
                "hooks.internal:8080, https://hooks.internal:8081/x, NOT_PUBLIC",
                "hooks.internal:443, https://hooks.internal/x, -",
                "hooks.internal:80, http://hooks.internal/x, -",
                "hooks.internal, https://other.internal/x, NOT_PUBLIC",
                "hooks.internal, https://x.hooks.internal/x, NOT_PUBLIC",
                "10.0.0.0/8, http://hooks.internal/x, -",
                "10.1.2.3, http://hooks.internal/x, -",
                "10.1.2.3, http://10.1.2.3:81/x, -",
                "10.1.2.3:81, http://10.1.2.3:81/x, -",
                "10.1.2.3:81, http://10.1.2.3:82/x, MALFORMED",
                "10.1.2.4, https://hooks.internal/x, NOT_PUBLIC",
                "10.1.2.4/31, https://hooks.internal/x, NOT_PUBLIC",
                "10.1.2.2/31, https://hooks.internal/x, -",
                "::1, http://[::1]:9/x, -",
                "[::1]:9, http://[::1]:9/x, -",
                "fd00::/8, https://[fd12::1]/x, -",
                "0.0.0.0/0, http://10.1.2.3/x, -",
                "0.0.0.0/0, http://2130706433/x, MALFORMED"
            })
    void what_is_allowed_is_exempt_and_may_do_without_tls(String allowed, String url, @Nullable Reason refused) {
        CallbackTargets targets = new CallbackTargets(allowed(allowed), host -> addresses("10.1.2.3"));

        if (refused == null) {
            targets.addressesOf(URI.create(url), PATIENCE);
        } else {
            assertThat(refusal(targets, url)).isEqualTo(refused);
        }
    }

    @Test
    void a_name_that_leads_elsewhere_by_the_time_of_the_connection_is_refused_then() {
        AtomicInteger asked = new AtomicInteger();
        CallbackTargets targets = new CallbackTargets(
                AllowedTargets.NONE, host -> addresses(asked.getAndIncrement() == 0 ? PUBLIC : "169.254.169.254"));
        URI url = URI.create("https://rebinding.example/hook");

        targets.addressesOf(url, PATIENCE);

        assertThatThrownBy(() -> targets.addressesOf(url, PATIENCE)).isInstanceOf(CallbackRefusedException.class);
    }

    @Test
    void exactly_the_addresses_that_were_looked_at_are_given_out() {
        assertThat(targets(PUBLIC, "2a00::1").addressesOf(URI.create("https://example.com/hook"), PATIENCE))
                .containsExactly(addresses(PUBLIC, "2a00::1"));
    }

    @Test
    void a_refusal_tells_nothing_of_the_network_not_even_which_names_are_known_in_it() {
        CallbackTargets unknown = new CallbackTargets(AllowedTargets.NONE, host -> {
            throw new UnknownHostException(host + ": Name or service not known");
        });
        URI url = URI.create("https://redis/hook");

        assertThatThrownBy(() -> unknown.addressesOf(url, PATIENCE))
                .hasMessage("A callback's URL must have a host that can be found, with public addresses only.");
        assertThatThrownBy(() -> targets("10.1.2.3").addressesOf(url, PATIENCE))
                .hasMessage("A callback's URL must have a host that can be found, with public addresses only.");
    }

    @Test
    void the_check_for_clients_applies_the_same_rules() {
        targets().check(URI.create("https://93.184.215.14/hook"));

        assertThatThrownBy(() -> targets().check(URI.create("https://127.0.0.1/hook")))
                .isInstanceOfSatisfying(
                        CallbackRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.NOT_PUBLIC));
    }

    @Test
    void a_name_server_that_does_not_answer_keeps_nobody_waiting_and_is_a_reason_of_its_own() throws Exception {
        var end = new CountDownLatch(1);
        var answered = new CountDownLatch(1);
        try (CallbackTargets targets = new CallbackTargets(AllowedTargets.NONE, host -> {
            awaitLikeTheCLibrary(end);
            answered.countDown();
            return addresses(PUBLIC);
        })) {
            long start = System.nanoTime();

            assertNotInTime(() -> targets.check(url(1)));

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(500));
            assertThat(answered.getCount()).isEqualTo(1);
            end.countDown();
        }
    }

    @Test
    @Tag(Stage.TIMING)
    void the_check_for_clients_gives_up_on_a_silent_name_server_within_a_second() throws Exception {
        var end = new CountDownLatch(1);
        try (CallbackTargets targets = new CallbackTargets(AllowedTargets.NONE, host -> {
            awaitLikeTheCLibrary(end);
            return addresses(PUBLIC);
        })) {
            Timing.within(Duration.ofSeconds(1), () -> assertNotInTime(() -> targets.check(url(1))));
            end.countDown();
        }
    }

    @Test
    void beyond_so_many_names_at_the_same_time_others_are_told_at_once() throws Exception {
        var end = new CountDownLatch(1);
        var asked = new CountDownLatch(32);
        try (CallbackTargets targets = new CallbackTargets(AllowedTargets.NONE, host -> {
            asked.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new UnknownHostException(host);
            }
            return addresses(PUBLIC);
        })) {
            List<Thread> waiting = IntStream.range(0, 32)
                    .mapToObj(i -> Thread.ofVirtual().start(() -> targets.addressesOf(url(i), PATIENCE)))
                    .toList();
            asked.await();

            assertNotInTime(() -> targets.addressesOf(url(99), PATIENCE));

            end.countDown();
            for (Thread thread : waiting) {
                thread.join();
            }
        }
    }

    @Test
    void a_name_server_in_trouble_is_one_that_does_not_answer_in_time() {
        CallbackTargets targets = new CallbackTargets(AllowedTargets.NONE, host -> {
            throw new UnknownHostException(host + ": Temporary failure in name resolution");
        });

        assertThat(refusal(targets, "https://example.com/hook")).isEqualTo(Reason.NOT_RESOLVED_IN_TIME);
    }

    /** Ignores interrupts, as the C library does. */
    private static void awaitLikeTheCLibrary(CountDownLatch end) {
        while (end.getCount() > 0) {
            try {
                end.await();
            } catch (InterruptedException e) {
                // Continues to wait.
            }
        }
    }

    private static void assertNotInTime(ThrowingCallable look) {
        assertThatThrownBy(look)
                .isInstanceOfSatisfying(
                        CallbackRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.NOT_RESOLVED_IN_TIME));
    }

    private static URI url(int number) {
        return URI.create("https://host" + number + ".example/hook");
    }

    private static CallbackTargets targets(String... addresses) {
        return new CallbackTargets(AllowedTargets.NONE, host -> addresses(addresses));
    }

    private static AllowedTargets allowed(String entry) {
        return new CallbackSettings(List.of(Duration.ZERO), List.of(entry), null, null, Duration.ofSeconds(15))
                .allowedTargets();
    }

    private static @Nullable Reason refusal(CallbackTargets targets, String url) {
        CallbackRefusedException refused = catchThrowableOfType(
                CallbackRefusedException.class, () -> targets.addressesOf(URI.create(url), PATIENCE));
        return refused == null ? null : refused.reason();
    }

    private static InetAddress[] addresses(String... texts) {
        return Arrays.stream(texts).map(InetAddress::ofLiteral).toArray(InetAddress[]::new);
    }
}
