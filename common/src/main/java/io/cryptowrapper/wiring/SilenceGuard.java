package io.cryptowrapper.wiring;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection over which Redis was asked and nothing has come back for a while; Lettuce then makes a new one.
 *
 * <p>A host that vanishes, or a firewall that forgets, resets nothing: the operating system goes on sending for some
 * fifteen minutes, and each command would time out until then.
 */
final class SilenceGuard extends IdleStateHandler {

    /** Many times as long as any command may take. */
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(2);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    /** By the clock of nanoseconds; of several questions the first. Nothing if there has been a word since. */
    private @Nullable Long askedAt;

    SilenceGuard() {
        super(LOOK_AGAIN.toMillis(), 0, 0, TimeUnit.MILLISECONDS);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        if (askedAt == null) {
            askedAt = now(context);
        }
        super.write(context, message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        askedAt = null;
        super.channelRead(context, message);
    }

    /** Each time that nothing has been read for a while, however long ago something was asked. */
    @Override
    protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
        if (askedAt != null && now(context) - askedAt >= LONGEST_SILENCE.toNanos()) {
            var _ = context.close();
        }
    }

    private static long now(ChannelHandlerContext context) {
        return context.executor().ticker().nanoTime();
    }
}
