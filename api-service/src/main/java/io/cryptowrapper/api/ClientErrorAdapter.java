package io.cryptowrapper.api;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.connector.CoyoteAdapter;
import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.apache.tomcat.util.net.SocketEvent;
import org.springframework.http.HttpStatus;

/**
 * Says that what Tomcat cannot do (501), or a version that it does not speak (505), is the client's mistake, and leaves
 * a body that breaks off to its reader: whoever watches the service for errors of the server would be woken by any
 * scanner.
 *
 * <p>A valve would come too late: {@code OPTIONS *} reaches none.
 */
final class ClientErrorAdapter extends CoyoteAdapter {

    private ClientErrorAdapter(Connector connector) {
        super(connector);
    }

    /** Takes the place of the connector's own adapter, which is there when it has been initialized. */
    static void installOn(Connector connector) {
        connector.addLifecycleListener(event -> {
            if (Lifecycle.AFTER_INIT_EVENT.equals(event.getType())) {
                connector.getProtocolHandler().setAdapter(new ClientErrorAdapter(connector));
            }
        });
    }

    @Override
    public void service(Request request, Response response) throws Exception {
        int status = response.getStatus();
        if (status == HttpStatus.NOT_IMPLEMENTED.value() || status == HttpStatus.HTTP_VERSION_NOT_SUPPORTED.value()) {
            response.setStatus(HttpStatus.BAD_REQUEST.value());
        }
        BodyInput.installOn(request);
        super.service(request, response);
    }

    @Override
    public boolean asyncDispatch(Request request, Response response, SocketEvent event) throws Exception {
        boolean success = super.asyncDispatch(request, response, event);
        var held = new AtomicBoolean();
        request.action(ActionCode.ASYNC_IS_ASYNC, held);
        if (!held.get()) {
            BodyInput.end(request);
        }
        return success;
    }
}
