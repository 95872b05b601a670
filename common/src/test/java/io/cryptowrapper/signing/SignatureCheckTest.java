package io.cryptowrapper.signing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureCheckTest {

    /** Made by OpenSSL. */
    private static final String ED25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAUKizzw7n0Roye0uDnxHznTAd1C5zQ3ozjhVRtW65+Jc=
        -----END PUBLIC KEY-----
        """;

    private static final Signature OPENSSL = new Signature(
            "VfhceLAgk2KEogiRVgy7q+IyzQHj1TYp7p6r+Q4gJIUE" + "ykvkmhgpNxec6N2i8UiD9cxnnAIAwUKTl4nuwrOzAA==");

    private static final Message MESSAGE = new Message("a é😀\n");

    /** For each kind of key: its name, a key, that key's signature of the message, and another key. */
    static Stream<Arguments> samples() throws Exception {
        return Stream.of(
                madeByOpenssl("rsa-2048"),
                madeByOpenssl("rsa-4096"),
                generated("EC", 256, "SHA256withECDSA"),
                generated("EC", 521, "SHA256withECDSA"),
                generated("Ed25519", 255, "Ed25519"));
    }

    /** By {@code openssl dgst -sha256 -sign}. Generating RSA keys here would take seconds. */
    private static Arguments madeByOpenssl(String name) throws IOException {
        return Arguments.of(
                name,
                resource(name + ".pem"),
                Base64.getMimeDecoder().decode(resource(name + ".signature")),
                resource("rsa-2048-other.pem"));
    }

    private static Arguments generated(String kind, int size, String algorithm) throws GeneralSecurityException {
        KeyPair pair = pair(kind, size);
        var signature = java.security.Signature.getInstance(algorithm);
        signature.initSign(pair.getPrivate());
        signature.update(MESSAGE.text().getBytes(UTF_8));
        return Arguments.of(
                kind + " " + size,
                pem(pair.getPublic()),
                signature.sign(),
                pem(pair(kind, size).getPublic()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("samples")
    void only_what_was_signed_with_the_private_key_fits_and_only_its_message(
            String kind, String key, byte[] bytes, String otherKey) {
        String base64 = Base64.getEncoder().encodeToString(bytes);
        SignatureCheck check = SignatureCheck.by(key);

        assertThat(check.fits(MESSAGE, new Signature(base64))).isTrue();
        assertThat(check.fits(MESSAGE, new Signature("\n" + base64 + "\r\n"))).isTrue();
        assertThat(check.fits(MESSAGE, new Signature(Base64.getMimeEncoder().encodeToString(bytes))))
                .isTrue();
        assertThat(check.fits(
                        MESSAGE,
                        new Signature(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes))))
                .isTrue();

        assertThat(check.fits(new Message("a é😀"), new Signature(base64))).isFalse();
        assertThat(SignatureCheck.by(otherKey).fits(MESSAGE, new Signature(base64)))
                .isFalse();
        bytes[bytes.length / 2] ^= 1;
        assertThat(check.fits(MESSAGE, new Signature(Base64.getEncoder().encodeToString(bytes))))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "====", "no*base64", "AAAA", "a+b-", "\u00e9", "AA AA"})
    void what_is_no_signature_at_all_does_not_fit(String garbage) throws Exception {
        for (String key : List.of(resource("rsa-2048.pem"), pem(pair("EC", 256).getPublic()), ED25519)) {
            SignatureCheck check = SignatureCheck.by(key);

            assertThat(check.fits(MESSAGE, new Signature(garbage))).as(key).isFalse();
            assertThat(check.fits(MESSAGE, new Signature("A".repeat(Signature.MOST_BYTES))))
                    .as(key)
                    .isFalse();
        }
    }

    @Test
    void a_key_and_a_signature_that_openssl_has_made_are_understood() {
        SignatureCheck check = SignatureCheck.by(ED25519);

        assertThat(check.fits(new Message("hello"), OPENSSL)).isTrue();
        assertThat(check.fits(new Message("hello "), OPENSSL)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r\n", " ", ""})
    void white_space_in_a_key_means_nothing(String between) {
        String pem = String.join(between, ED25519.strip().split("\n"));

        assertThat(SignatureCheck.by("  " + pem + "\n\n")).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "MCowBQYDK2VwAyEAUKizzw7n0Roye0uDnxHznTAd1C5zQ3ozjhVRtW65+Jc=",
                "-----BEGIN PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----AAAA-----END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----no*base64-----END PUBLIC KEY-----",
                "-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----",
                "-----BEGIN RSA PUBLIC KEY-----AAAA-----END RSA PUBLIC KEY-----"
            })
    void what_is_no_public_key_is_refused(String pem) {
        assertThatThrownBy(() -> SignatureCheck.by(pem)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"DSA, 1024", "Ed448, 448", "X25519, 255"})
    void a_key_of_another_kind_is_refused(String kind, int size) throws Exception {
        String pem = pem(pair(kind, size).getPublic());

        assertThatThrownBy(() -> SignatureCheck.by(pem)).isInstanceOf(IllegalArgumentException.class);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(SignatureCheckTest.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), US_ASCII);
        }
    }

    private static KeyPair pair(String kind, int size) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
        generator.initialize(size);
        return generator.generateKeyPair();
    }

    private static String pem(PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
