package io.cryptowrapper.simulator;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestFilterAction;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestFilterV2;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.RequestMethod;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import io.cryptowrapper.simulator.Behaviour.Answer;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The upstream's HTTP interface. It answers every request as WireMock's first filter: nothing comes earlier, so times
 * of arrival are exact, and neither WireMock's stubs nor its admin interface are ever reached.
 */
final class HttpFront implements RequestFilterV2 {

    private static final int DRIBBLED_PIECES = 20;

    private final SigningUpstream upstream;
    private final SigningKey signingKey;
    private final CallLog log;
    private final Duration latency;

    HttpFront(SigningUpstream upstream, SigningKey signingKey, CallLog log, Duration latency) {
        this.upstream = upstream;
        this.signingKey = signingKey;
        this.log = log;
        this.latency = latency;
    }

    @Override
    public RequestFilterAction filter(Request request, ServeEvent event) {
        return RequestFilterAction.stopWith(answer(request));
    }

    @Override
    public boolean applyToAdmin() {
        return true;
    }

    @Override
    public boolean applyToStubs() {
        return true;
    }

    @Override
    public String getName() {
        return "signing-upstream";
    }

    private ResponseDefinition answer(Request request) {
        String url = request.getUrl();
        Query query = Query.of(url);
        if (!request.getMethod().equals(RequestMethod.GET)) {
            return response(new Answer(405, Map.of("Allow", "GET"), "")).build();
        }
        return switch (url.split("\\?", 2)[0]) {
            case "/crypto/sign" -> signed(request, query);
            case "/crypto/verify" ->
                delayed(response(verified(request, query)), latency).build();
            case "/crypto/public-key" ->
                response(Answer.text(200, signingKey.publicKeyPem())).build();
            case "/crypto/calls" -> response(calls()).build();
            default ->
                response(Answer.text(404, "There is nothing at this path.")).build();
        };
    }

    private ResponseDefinition signed(Request request, Query query) {
        var reply = upstream.sign(request.getHeader("Authorization"), query.first("message"));
        var ordinary = response(reply.ordinary());
        var shaped = switch (reply.behaviour()) {
            case Answer answer -> delayed(response(answer), latency);
            case Behaviour.Hang(Duration time) -> delayed(ordinary, latency.plus(time));
            case Behaviour.Reset() ->
                delayed(new ResponseDefinitionBuilder().withFault(Fault.CONNECTION_RESET_BY_PEER), latency);
            case Behaviour.Dribble(Duration time) ->
                delayed(ordinary, latency)
                        .withChunkedDribbleDelay(
                                Math.min(
                                        DRIBBLED_PIECES, reply.ordinary().body().length()),
                                Math.toIntExact(time.toMillis()));
        };
        return shaped.build();
    }

    private Answer verified(Request request, Query query) {
        return upstream.verify(request.getHeader("Authorization"), query.first("message"), query.first("signature"));
    }

    /**
     * One line for each call: when it arrived, in nanoseconds from some beginning, its status, its message, its kind.
     */
    private Answer calls() {
        String lines = log.calls().stream().map(call -> call.csv() + "\n").collect(Collectors.joining());
        return new Answer(200, Map.of("Content-Type", "text/csv"), lines);
    }

    private static ResponseDefinitionBuilder response(Answer answer) {
        var response =
                new ResponseDefinitionBuilder().withStatus(answer.status()).withBody(answer.body());
        answer.headers().forEach(response::withHeader);
        return response;
    }

    private static ResponseDefinitionBuilder delayed(ResponseDefinitionBuilder response, Duration delay) {
        return response.withFixedDelay(Math.toIntExact(delay.toMillis()));
    }
}
