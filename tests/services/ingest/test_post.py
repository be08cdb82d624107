from services.ingest.post import Post
from shared.runtime.mqtt_session import MqttSession

MOST = 3


class Line(MqttSession):
    """A connection that takes everything and gets it nowhere."""

    def __init__(self) -> None:
        super().__init__(lambda *_: None)
        self.published: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> int:
        self.published.append((topic, payload))
        return len(self.published)

    def ping(self) -> None:
        return


def standing() -> tuple[Post, Line]:
    post, line = Post(0, 0), Line()
    post.begin(line)
    return post, line


def test_a_session_that_owes_too_many_answers_is_given_up() -> None:
    post, line = standing()
    for second in range(MOST):
        post.send_canary(line, second, most_unanswered=MOST)
        assert not line.lost.is_set()
    post.send_canary(line, MOST, most_unanswered=MOST)
    assert line.lost.is_set()
    assert "does not hear us" in line.reason
    assert len(line.published) == MOST


def test_a_session_whose_broker_answers_late_is_kept() -> None:
    post, line = standing()
    for second in range(10 * MOST):
        post.send_canary(line, second, most_unanswered=MOST)
        post.hear_answer(second - 1, 0x10)  # Of the one before the last; nobody listened.
    assert not line.lost.is_set()


def test_a_new_connection_owes_nothing() -> None:
    post, line = standing()
    for second in range(MOST):
        post.send_canary(line, second, most_unanswered=MOST)
    again = Line()
    post.begin(again)
    post.send_canary(again, MOST, most_unanswered=MOST)
    assert not again.lost.is_set()
