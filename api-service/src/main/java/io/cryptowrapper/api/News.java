package io.cryptowrapper.api;

import io.cryptowrapper.results.StatusNews;
import io.cryptowrapper.results.StatusNews.Subscription;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** This process's one subscription to the changes of messages, for all parts that listen. */
@Component
class News implements SmartLifecycle, StatusNews.Listener {

    private static final Logger log = LoggerFactory.getLogger(News.class);

    /** Before another try to subscribe, or another look at whether the connection is alive. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final StatusNews news;
    private final List<Reader> readers;
    private volatile CountDownLatch stopped = new CountDownLatch(0);

    News(StatusNews news, List<Reader> readers) {
        this.news = news;
        this.readers = readers;
    }

    /** Who wants to know. Is told on a thread that it must not hold up. */
    interface Reader extends StatusNews.Listener {}

    @Override
    public void changed(MessageId id) {
        readers.forEach(reader -> reader.changed(id));
    }

    @Override
    public void listening() {
        readers.forEach(Reader::listening);
    }

    @Override
    public void start() {
        CountDownLatch stop = new CountDownLatch(1);
        stopped = stop;
        Thread.ofVirtual().name("news").start(() -> listen(stop));
    }

    @Override
    public void stop() {
        stopped.countDown();
    }

    @Override
    public boolean isRunning() {
        return stopped.getCount() > 0;
    }

    private void listen(CountDownLatch stop) {
        Subscription subscription = null;
        try {
            do {
                subscription = subscribedOrProbed(subscription);
            } while (!stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (subscription != null) {
                subscription.close();
            }
        }
    }

    /** Where Redis is away: the connection is made anew by itself, the first one with the next try. */
    private @Nullable Subscription subscribedOrProbed(@Nullable Subscription subscription) {
        try {
            if (subscription == null) {
                return news.subscribe(this);
            }
            subscription.probe();
        } catch (DataAccessException away) {
            return subscription;
        } catch (RuntimeException e) {
            log.error("News of messages could not be listened for; trying on", e);
        }
        return subscription;
    }
}
