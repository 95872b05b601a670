package io.cryptowrapper.api;

import io.cryptowrapper.results.StatusNews;
import io.cryptowrapper.results.StatusNews.Subscription;
import io.cryptowrapper.signing.MessageId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** This process's one subscription to the changes of messages, for all parts that listen. */
@Component
class News extends Repeated implements StatusNews.Listener {

    /** Before another try to subscribe, or another look at whether the connection is alive. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final StatusNews news;
    private final List<Reader> readers;

    News(StatusNews news, List<Reader> readers) {
        super("news", PAUSE);
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
    Series begin() {
        return new Listening();
    }

    /** Where Redis is away: the connection is made anew by itself, the first one with the next turn. */
    private final class Listening implements Series {

        private @Nullable Subscription subscription;

        @Override
        public void turn() {
            try {
                if (subscription == null) {
                    subscription = news.subscribe(News.this);
                } else {
                    subscription.probe();
                }
            } catch (DataAccessException away) {
                // It is tried again.
            }
        }

        @Override
        public void end() {
            if (subscription != null) {
                subscription.close();
            }
        }
    }
}
