package io.cryptowrapper.signing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The check of signatures, in base64, by the upstream's public key. */
public final class SignatureCheck {

    private static final Pattern PEM =
            Pattern.compile("\\s*-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----\\s*");

    private final Kind kind;
    private final PublicKey key;

    /** What kinds of keys there are, and how each of them signs. */
    private enum Kind {
        RSA("RSA", "SHA256withRSA"),
        EC("EC", "SHA256withECDSA"),
        ED25519("Ed25519", "Ed25519");

        private final String key;
        private final String signature;

        Kind(String key, String signature) {
            this.key = key;
            this.signature = signature;
        }
    }

    private SignatureCheck(Kind kind, PublicKey key) {
        this.kind = kind;
        this.key = key;
    }

    /**
     * Reads a key.
     *
     * @param pem an RSA, EC or Ed25519 public key; white space in it means nothing
     * @throws IllegalArgumentException if it is none
     */
    public static SignatureCheck by(String pem) {
        Matcher text = PEM.matcher(pem);
        if (!text.matches()) {
            throw new IllegalArgumentException("no public key in PEM");
        }
        String base64 = text.group(1).replaceAll("\\s", "");
        var encoded = new X509EncodedKeySpec(Base64.getDecoder().decode(base64));
        for (Kind kind : Kind.values()) {
            try {
                PublicKey key = KeyFactory.getInstance(kind.key).generatePublic(encoded);
                var check = new SignatureCheck(kind, key);
                // Whether such a key can be used at all; and the first time takes longer than all others.
                check.isFitting(new byte[0], new byte[1]);
                return check;
            } catch (InvalidKeySpecException e) {
                // Of another kind, or of none.
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException("a public key that cannot be used", e);
            }
        }
        throw new IllegalArgumentException("no public key of a known kind");
    }

    /** Whether this is the upstream's signature of the message's UTF-8 bytes, in either alphabet of base64. */
    public boolean fits(Message message, Signature signature) {
        String base64 = signature.value().replaceAll("\\s", "");
        boolean urlSafe = base64.indexOf('-') >= 0 || base64.indexOf('_') >= 0;
        try {
            return isFitting(
                    message.text().getBytes(StandardCharsets.UTF_8),
                    (urlSafe ? Base64.getUrlDecoder() : Base64.getDecoder()).decode(base64));
        } catch (IllegalArgumentException noBase64) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key could be used before", e);
        }
    }

    private boolean isFitting(byte[] signed, byte[] signature) throws GeneralSecurityException {
        var verification = java.security.Signature.getInstance(kind.signature);
        verification.initVerify(key);
        verification.update(signed);
        try {
            return verification.verify(signature);
        } catch (SignatureException e) {
            // Not of the length or form that signatures have.
            return false;
        }
    }
}
