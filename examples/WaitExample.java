import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Waits for a message's signature: {@code java WaitExample.java URL MESSAGE}. */
class WaitExample {

    public static void main(String[] args) throws IOException, InterruptedException {
        String query = "message=" + URLEncoder.encode(args[1], StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(URI.create(args[0] + "/crypto/sign?" + query))
                // The API holds its answer until the message has ended, for as long as this.
                .header("Prefer", "wait=30")
                // Longer than it waits.
                .timeout(Duration.ofSeconds(40))
                .build();
        HttpClient client = HttpClient.newHttpClient();
        while (true) {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            String retryAfter = answer.headers().firstValue("Retry-After").orElse("");
            if (answer.statusCode() == 200 && answer.body().contains("\"success\":true")) {
                System.out.println(answer.body());
                return;
            }
            // Without a time to come back it is of no use: the message is rejected, or the request is malformed.
            if (retryAfter.isEmpty()) {
                System.err.println("Not signed: " + answer.body());
                System.exit(1);
            }
            System.out.println("Not yet: " + answer.body());
            // An API that could not wait says at once how the message stands.
            if (answer.headers().firstValue("Preference-Applied").isEmpty()) {
                Thread.sleep(Duration.ofSeconds(Long.parseLong(retryAfter)).toMillis());
            }
        }
    }
}
