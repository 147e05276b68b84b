"""moto's shards without their records, which `stream_log` keeps: with the numbers a shard begins and ends at."""

from moto.kinesis.models import Shard, Stream


class KeptShard(Shard):
    """moto's shard; `first` is the number it began at, `last` the one it was closed at, 0 while it is open."""

    first: int
    last: int

    def get_min_sequence_number(self) -> int:
        return self.first

    def get_max_sequence_number(self) -> int:
        return self.last


def adopt(stream: Stream, number: int) -> None:
    """Take the shards that moto made or closed just now, at this number."""
    for shard in stream.shards.values():
        if not isinstance(shard, KeptShard):
            shard.__class__ = KeptShard
            vars(shard).update(first=number, last=0)
        if not shard.is_open and not vars(shard)["last"]:
            vars(shard)["last"] = number
    stream.shard_count = len(open_shards(stream))


def open_shards(stream: Stream) -> list[Shard]:
    """The shards that take records."""
    return [shard for shard in stream.shards.values() if shard.is_open]


def holding(stream: Stream, hash_key: int) -> Shard:
    """The open shard of this hash key, below 2**128."""
    return next(one for one in open_shards(stream) if one.starting_hash <= hash_key <= one.ending_hash)
