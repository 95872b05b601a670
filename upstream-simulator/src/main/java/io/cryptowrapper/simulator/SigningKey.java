package io.cryptowrapper.simulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;

/** The RSA key pair that signs; it is kept in a file, so that a message's signature stays the same over restarts. */
final class SigningKey {

    static final String FILE_NAME = "simulator-key.pem";

    private static final String PEM_START = "-----BEGIN PRIVATE KEY-----";
    private static final String PEM_END = "-----END PRIVATE KEY-----";

    private final PrivateKey privateKey;
    private final PublicKey publicKey;

    private SigningKey(PrivateKey privateKey, PublicKey publicKey) {
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    /** The key pair kept in {@code dataDir}, made now if there is none yet. */
    static SigningKey keptIn(Path dataDir) {
        Path file = dataDir.resolve(FILE_NAME);
        try {
            if (Files.notExists(file)) {
                create(file);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new SimulatorException(
                    "The key file " + file + " cannot be written ("
                            + e.getClass().getSimpleName() + ").",
                    e);
        }
        try {
            return parse(Files.readString(file));
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new SimulatorException(
                    "The key file " + file + " is not a readable RSA private key in PKCS#8 PEM ("
                            + e.getClass().getSimpleName() + ").",
                    e);
        }
    }

    /** The signature over the message's UTF-8 bytes, in base64 without line breaks. */
    String sign(String message) {
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(privateKey);
            signature.update(message.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("The key cannot sign.", e);
        }
    }

    /** Whether {@code base64} is this key's signature over {@code message}. */
    boolean verifies(String message, String base64) {
        try {
            byte[] decoded = Base64.getDecoder().decode(base64);
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(publicKey);
            signature.update(message.getBytes(StandardCharsets.UTF_8));
            return signature.verify(decoded);
        } catch (IllegalArgumentException | SignatureException e) {
            // Not base64, or not as long as a signature.
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("The key cannot verify.", e);
        }
    }

    String publicKeyPem() {
        return pem("-----BEGIN PUBLIC KEY-----", publicKey.getEncoded(), "-----END PUBLIC KEY-----");
    }

    private static SigningKey parse(String pem) throws GeneralSecurityException {
        String text = pem.strip();
        if (!text.startsWith(PEM_START) || !text.endsWith(PEM_END)) {
            throw new InvalidKeySpecException("no PKCS#8 PEM");
        }
        String base64 = text.substring(PEM_START.length(), text.length() - PEM_END.length());
        byte[] encoded = Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
        KeyFactory rsa = KeyFactory.getInstance("RSA");
        if (!(rsa.generatePrivate(new PKCS8EncodedKeySpec(encoded)) instanceof RSAPrivateCrtKey key)) {
            throw new InvalidKeySpecException("no public exponent");
        }
        return new SigningKey(key, rsa.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())));
    }

    private static void create(Path file) throws IOException, GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        byte[] encoded = generator.generateKeyPair().getPrivate().getEncoded();

        Path directory = Files.createDirectories(file.toAbsolutePath().getParent());
        Path temporary = Files.createTempFile(directory, FILE_NAME, ".tmp", ownerOnly(directory));
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer pem = StandardCharsets.US_ASCII.encode(pem(PEM_START, encoded, PEM_END));
                while (pem.hasRemaining()) {
                    channel.write(pem);
                }
                // Otherwise a crash after the move could leave an empty file behind.
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static FileAttribute<?>[] ownerOnly(Path directory) {
        return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    private static String pem(String start, byte[] encoded, String end) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        return start + "\n" + base64 + "\n" + end + "\n";
    }
}
