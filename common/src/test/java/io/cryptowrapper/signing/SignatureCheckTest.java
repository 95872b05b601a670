package io.cryptowrapper.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    @ParameterizedTest
    @CsvSource({
        "RSA, 2048, SHA256withRSA",
        "RSA, 4096, SHA256withRSA",
        "EC, 256, SHA256withECDSA",
        "EC, 521, SHA256withECDSA",
        "Ed25519, 255, Ed25519"
    })
    void only_what_was_signed_with_the_private_key_fits_and_only_its_message(String kind, int size, String algorithm)
            throws Exception {
        KeyPair pair = pair(kind, size);
        byte[] bytes = sign(pair.getPrivate(), algorithm, MESSAGE.text());
        String base64 = Base64.getEncoder().encodeToString(bytes);
        SignatureCheck check = SignatureCheck.by(pem(pair.getPublic()));

        assertThat(check.fits(MESSAGE, new Signature(base64))).isTrue();
        assertThat(check.fits(MESSAGE, new Signature("\n" + base64 + "\r\n"))).isTrue();
        assertThat(check.fits(MESSAGE, new Signature(Base64.getMimeEncoder().encodeToString(bytes))))
                .isTrue();
        assertThat(check.fits(
                        MESSAGE,
                        new Signature(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes))))
                .isTrue();

        assertThat(check.fits(new Message("a é😀"), new Signature(base64))).isFalse();
        assertThat(SignatureCheck.by(pem(pair(kind, size).getPublic())).fits(MESSAGE, new Signature(base64)))
                .isFalse();
        bytes[bytes.length / 2] ^= 1;
        assertThat(check.fits(MESSAGE, new Signature(Base64.getEncoder().encodeToString(bytes))))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "====", "no*base64", "AAAA", "a+b-", "\u00e9", "AA AA"})
    void what_is_no_signature_at_all_does_not_fit(String garbage) throws Exception {
        for (String kind : new String[] {"RSA", "EC", "Ed25519"}) {
            SignatureCheck check =
                    SignatureCheck.by(pem(pair(kind, kind.equals("RSA") ? 2048 : kind.equals("EC") ? 256 : 255)
                            .getPublic()));

            assertThat(check.fits(MESSAGE, new Signature(garbage))).as(kind).isFalse();
            assertThat(check.fits(MESSAGE, new Signature("A".repeat(Signature.MOST_BYTES))))
                    .as(kind)
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

    private static KeyPair pair(String kind, int size) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
        generator.initialize(size);
        return generator.generateKeyPair();
    }

    private static byte[] sign(PrivateKey key, String algorithm, String text) throws GeneralSecurityException {
        var signature = java.security.Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(text.getBytes(UTF_8));
        return signature.sign();
    }

    private static String pem(PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
