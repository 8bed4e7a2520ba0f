#!/usr/bin/env python3
"""Writes vectors.txt, from FORMAT.md alone: no code is shared with the Go package.

Each line is a name, what a reader must say (good, corrupt, truncated,
unsupported, format), the number of blocks it may return before it says so, and
the file in hex. A file has one fault at most.
"""

MAGIC = bytes.fromhex("b7700d0a")
STORED, ZSTD, MIXING, NEURAL = 1, 2, 3, 4


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def xxh64(data):
    p1, p2, p3, p4, p5 = (11400714785074694791, 14029467366897019727, 1609587929392839161,
                          9650029242287828579, 2870177450012600261)
    mask = (1 << 64) - 1
    rotate = lambda x, r: (x << r | x >> 64 - r) & mask
    lane = lambda acc, v: rotate(acc + v * p2 & mask, 31) * p1 & mask
    word = lambda i, n: int.from_bytes(data[i:i + n], "little")
    at = 0
    if len(data) >= 32:
        accs = [p1 + p2 & mask, p2, 0, -p1 & mask]
        while at + 32 <= len(data):
            accs = [lane(a, word(at + 8 * i, 8)) for i, a in enumerate(accs)]
            at += 32
        h = sum(rotate(a, r) for a, r in zip(accs, (1, 7, 12, 18))) & mask
        for a in accs:
            h = ((h ^ lane(0, a)) * p1 + p4) & mask
    else:
        h = p5
    h = h + len(data) & mask
    while at + 8 <= len(data):
        h = rotate(h ^ lane(0, word(at, 8)), 27) * p1 + p4 & mask
        at += 8
    if at + 4 <= len(data):
        h = rotate(h ^ word(at, 4) * p1 & mask, 23) * p2 + p3 & mask
        at += 4
    for byte in data[at:]:
        h = rotate(h ^ byte * p5 & mask, 11) * p1 & mask
    h = (h ^ h >> 33) * p2 & mask
    h = (h ^ h >> 29) * p3 & mask
    return h ^ h >> 32


assert crc32c(b"123456789") == 0xE3069283
assert xxh64(b"") == 0xEF46DB3751D8E999 and xxh64(b"abc") == 0x44BC2CF5AD770999


def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def u32(n):
    return n.to_bytes(4, "little")


def header(single=True, model=varint(1), numerics=varint(1), memory=0x9C, flags=0, version=1, parity=None, magic=MAGIC, rest=b""):
    if parity is None:
        parity = bin(version).count("1") & 1
    return magic + bytes([version << 5 | parity << 4 | flags | single]) + model + numerics + bytes([memory]) + rest


def block(head, index, content=b"content", kind=STORED, payload=None, length=None, size=None, tokens=None, shape=0x03,
          fields=None, hash=None, check=None, extra=b""):
    """A block as it stands in the file after a header and index others."""
    if payload is None:
        payload = content if kind & 7 == STORED else content[:len(content) // 2]
    if fields is None:
        if length is None:
            length = varint(len(content) - (kind & 7 != STORED))
        fields = length
        if kind & 7 != STORED:
            fields += varint(len(payload)) if size is None else size
        if kind & 7 == NEURAL:
            fields += (varint(len(content) // 2 - 1) if tokens is None else tokens) + bytes([shape])
    out = bytes([kind]) + fields + (xxh64(content).to_bytes(8, "little") if hash is None else hash)
    if check is None:
        check = crc32c(head + u32(index) + out + payload)
    return out + u32(check) + payload + extra


def trailer(head, blocks, contents, count=None, sizes=None, total=None, check=None, size=None, kind=b"\0", tail=b""):
    """The trailer for blocks as they stand in the file."""
    out = kind + (varint(len(blocks)) if count is None else count)
    for b, c in zip(blocks, contents):
        # The check lies before the payload, which here is all of a stored block's content.
        out += varint(len(c)) + varint(len(b)) + b[len(b) - len(c) - 4:len(b) - len(c)] if sizes is None else sizes
    out += varint(sum(map(len, contents))) if total is None else total
    out += u32(crc32c(head + out) if check is None else check)
    return out + u32(len(out) + 4 if size is None else size) + tail


vectors = []


def add(name, want, returned, data):
    assert all(name != v[0] for v in vectors), name
    vectors.append((name, want, returned, data))


def single(name, want, returned=0, head=None, after=b"", **fields):
    head = header() if head is None else head
    add(name, want, returned, head + block(head, 0, **fields) + after)


def several(name, want, returned, head=None, edit=lambda blocks: blocks, contents=(b"first", b"second", b"third"), after=b"", **fields):
    head = header(single=False) if head is None else head
    blocks = [block(head, i, content=c) for i, c in enumerate(contents)]
    add(name, want, returned, head + b"".join(edit(list(blocks))) + trailer(head, blocks, contents, **fields) + after)


# Good files.
single("empty", "good", 1, content=b"")
single("stored", "good", 1)
single("stored_128", "good", 1, content=b"x" * 128)
single("mixing", "good", 1, kind=MIXING)
single("foreign", "good", 1, head=header(flags=8, rest=b"\x08engine=x"))
single("foreign_neural", "good", 1, kind=NEURAL, head=header(flags=8, rest=b"\x0fengine=x;ab=, ="))
single("foreign_value_empty", "good", 1, head=header(flags=8, rest=b"\x07engine="))
single("foreign_255", "good", 1, head=header(flags=8, rest=b"\xffengine=" + b"x" * 248))
single("foreign_dictionary", "good", 1, kind=MIXING, head=header(flags=12, rest=b"identity\x08engine=x"))
single("mixing_payload_empty", "good", 1, kind=MIXING, payload=b"")
single("mixing_payload_longest", "good", 1, kind=MIXING, payload=b"shorte")
single("mixing_one_byte", "good", 1, kind=MIXING, content=b"x", payload=b"")
single("zstd", "good", 1, kind=ZSTD)
single("neural", "good", 1, kind=NEURAL)
single("neural_transformed", "good", 1, kind=NEURAL | 8)
single("mixing_transformed", "good", 1, kind=MIXING | 8)
single("neural_one_token", "good", 1, kind=NEURAL, tokens=varint(0))
single("neural_token_per_byte", "good", 1, kind=NEURAL, tokens=varint(6))
single("neural_streams_fill", "good", 1, kind=NEURAL, tokens=varint(3), shape=0x23)
single("neural_window_largest", "good", 1, kind=NEURAL, shape=0x0F)
single("neural_window_least", "good", 1, kind=NEURAL, shape=0x00)
single("neural_streams_most", "good", 1, kind=NEURAL, content=b"y" * 32768, payload=b"", tokens=varint(32767), shape=0xF3)
single("model_none", "good", 1, head=header(model=varint(0)))
single("model_large", "good", 1, head=header(model=varint(2**63 - 1)))
single("model_external", "good", 1, kind=NEURAL, head=header(flags=2, model=b"\x01\x02\x03\x04\x05\x06\x07\x08\x39"))
single("model_external_zero", "good", 1, kind=NEURAL, head=header(flags=2, model=bytes(9)))
single("dictionary", "good", 1, head=header(flags=4, rest=b"identity"))
single("dictionary_zero", "good", 1, kind=MIXING, head=header(flags=4, rest=bytes(8)))
several("dictionary_two_blocks", "good", 2, head=header(single=False, flags=4, rest=b"identity"), contents=(b"first", b"second"))
single("numerics_large", "good", 1, head=header(numerics=varint(2**63 - 1)))
single("memory_least", "good", 1, head=header(memory=0))
single("memory_most", "good", 1, head=header(memory=255))
several("two_blocks", "good", 2, contents=(b"first", b"second"))
several("three_blocks", "good", 3)
one = header() + block(header(), 0)
h = header(single=False)
add("two_members", "good", 2, one + one)
add("member_after_trailer", "good", 3, h + block(h, 0, b"a") + block(h, 1, b"b")
    + trailer(h, [block(h, 0, b"a"), block(h, 1, b"b")], [b"a", b"b"]) + one)
mixed = [block(h, 0, b"abcdef", MIXING), block(h, 1, b"abcdef", NEURAL), block(h, 2, b"abcdef")]
index = b"".join(varint(6) + varint(len(b)) + b[len(b) - p - 4:len(b) - p] for b, p in zip(mixed, (3, 3, 6)))
body = b"\0" + varint(3) + index + varint(18)
add("all_types", "good", 3, h + b"".join(mixed) + body + u32(crc32c(h + body)) + u32(len(body) + 8))

# Not this format, or a later version.
add("text", "format", 0, b"hello, world")
add("magic_line_end_unix", "format", 0, b"\xb7p\n" + one[4:])
add("magic_line_end_doubled", "format", 0, b"\xb7p\r\r\n" + one[4:])
add("magic_seven_bits", "format", 0, b"\x37p\r\n" + one[4:])
add("magic_utf8", "format", 0, b"\xc2\xb7p\r\n" + one[4:])
for v in (0, *range(2, 8)):
    single(f"version_{v}", "unsupported", head=header(version=v))
add("version_2_nothing_else", "unsupported", 0, MAGIC + bytes([2 << 5 | 1 << 4]))
for v in range(8):
    single(f"version_{v}_parity", "corrupt", head=header(version=v, parity=1 - (bin(v).count("1") & 1)))

# Reserved, with good checks.
for t in (5, 6, 7):
    single(f"type_{t}", "unsupported", kind=t)
    single(f"type_{t}_check", "corrupt", kind=t, check=1)
for bit in (16, 32, 64, 128):
    single(f"transform_{bit}", "unsupported", kind=MIXING | bit)
    single(f"transform_{bit}_stored", "unsupported", kind=STORED | bit)
    single(f"transform_{bit}_check", "corrupt", kind=MIXING | bit, check=1)
single("dictionary_check", "corrupt", head=header(flags=4, rest=b"identity"), check=1)
single("foreign_check", "corrupt", head=header(flags=8, rest=b"\x08engine=x"), check=1)
single("foreign_empty", "corrupt", head=header(flags=8, rest=b"\0"))
single("foreign_nul", "corrupt", head=header(flags=8, rest=b"\x08engine=\0"))
single("foreign_newline", "corrupt", head=header(flags=8, rest=b"\x09engine=x\n"))
single("foreign_high", "corrupt", head=header(flags=8, rest=b"\x08engine=\x7f"))
single("foreign_short", "corrupt", head=header(flags=8, rest=b"\x07engine=x"))
single("foreign_without_model", "corrupt", head=header(model=varint(0), flags=8, rest=b"\x08engine=x"))
single("foreign_other_name_first", "corrupt", head=header(flags=8, rest=b"\x0ca=1;engine=x"))
single("foreign_without_value_sign", "corrupt", head=header(flags=8, rest=b"\x0aengine=x;y"))
single("foreign_name_twice", "corrupt", head=header(flags=8, rest=b"\x14engine=x;a=1;b=2;a=3"))
single("foreign_name_capital", "corrupt", head=header(flags=8, rest=b"\x0cengine=x;A=1"))
single("foreign_name_empty", "corrupt", head=header(flags=8, rest=b"\x0bengine=x;=1"))

# Numbers that are not validly encoded.
single("model_not_minimal", "corrupt", head=header(model=b"\x81\0"))
single("model_zero_long", "corrupt", head=header(model=b"\x80\0"))
single("model_2_63", "corrupt", head=header(model=varint(2**63)))
single("model_2_64", "corrupt", head=header(model=varint(2**64)))
single("model_endless", "corrupt", head=header(model=b"\xff" * 100))
single("numerics_not_minimal", "corrupt", head=header(numerics=b"\x81\0"))
single("numerics_2_63", "corrupt", head=header(numerics=varint(2**63)))
single("length_not_minimal", "corrupt", length=b"\x87\0")
single("length_2_63", "corrupt", length=varint(2**63))
single("payload_length_not_minimal", "corrupt", kind=MIXING, size=b"\x83\0")
single("tokens_not_minimal", "corrupt", kind=NEURAL, tokens=b"\x82\0")

# Blocks that break a rule although their check is good.
single("stored_too_long", "corrupt", length=varint(2**26 + 1))
single("mixing_too_long", "corrupt", kind=MIXING, length=varint(2**26))
single("neural_too_long", "corrupt", kind=NEURAL, length=varint(2**22))
single("type_5_too_long", "corrupt", kind=5, length=varint(2**26))
single("mixing_payload_as_content", "corrupt", kind=MIXING, payload=b"content")
single("neural_payload_as_content", "corrupt", kind=NEURAL, payload=b"content")
single("type_5_payload_as_content", "corrupt", kind=5, payload=b"content")
single("neural_more_tokens_than_bytes", "corrupt", kind=NEURAL, tokens=varint(7))
single("neural_more_streams_than_tokens", "corrupt", kind=NEURAL, tokens=varint(2), shape=0x23)
single("neural_without_model", "corrupt", kind=NEURAL, head=header(model=varint(0)))
single("stored_transformed", "corrupt", kind=STORED | 8)
single("zstd_transformed", "corrupt", kind=ZSTD | 8)
single("check", "corrupt", check=0)
single("check_of_other_header", "corrupt", check=crc32c(header(numerics=varint(2)) + u32(0) + block(header(), 0)[:10] + b"content"))
single("check_of_other_index", "corrupt", check=crc32c(header() + u32(1) + block(header(), 0)[:10] + b"content"))
single("check_without_payload", "corrupt", check=crc32c(header() + u32(0) + block(header(), 0)[:10]))
single("check_big_endian", "corrupt", check=int.from_bytes(u32(crc32c(header() + u32(0) + block(header(), 0)[:10] + b"content")), "big"))
single("hash_not_covered", "corrupt", hash=bytes(8), check=crc32c(header() + u32(0) + block(header(), 0)[:2] + b"content"))

# What follows a member.
single("zero_after", "corrupt", 1, after=b"\0")
single("text_after", "corrupt", 1, after=b"text")
single("line_end_after", "corrupt", 1, after=b"\n")
single("block_after_single", "corrupt", 1, after=block(header(), 1))
single("trailer_after_single", "corrupt", 1, after=trailer(header(), [block(header(), 0)], [b"content"]))
several("zeros_after_trailer", "corrupt", 3, after=bytes(512))

# Members of several blocks.
several("no_blocks", "corrupt", 0, contents=())
several("one_block", "corrupt", 1, contents=(b"first",))
several("empty_first", "corrupt", 0, contents=(b"", b"second"))
several("empty_last", "corrupt", 1, contents=(b"first", b""))
several("several_marked_single", "corrupt", 1, head=header())
several("swapped", "corrupt", 0, edit=lambda b: [b[1], b[0], b[2]])
several("doubled", "corrupt", 1, edit=lambda b: [b[0], b[0], b[1], b[2]])
several("first_missing", "corrupt", 0, edit=lambda b: b[1:])
several("middle_missing", "corrupt", 1, edit=lambda b: [b[0], b[2]])
several("last_missing", "corrupt", 2, edit=lambda b: b[:2])
several("last_of_other_file", "corrupt", 3, edit=lambda b: b[:2] + [block(header(single=False), 2, b"THIRD")])
several("block_added", "corrupt", 4, edit=lambda b: b + [block(header(single=False), 3, b"fourth")])
several("trailer_transform", "corrupt", 3, kind=b"\x08")
several("trailer_count", "corrupt", 3, count=varint(2))
several("trailer_count_not_minimal", "corrupt", 3, count=b"\x83\0")
several("trailer_count_huge", "corrupt", 3, count=varint(2**62))
several("trailer_sizes", "corrupt", 3, sizes=varint(5) + varint(19) + bytes(4))
several("trailer_total", "corrupt", 3, total=varint(17))
several("trailer_check", "corrupt", 3, check=0)
several("trailer_size", "corrupt", 3, size=30)
several("trailer_size_zero", "corrupt", 3, size=0)
several("trailer_again", "corrupt", 3, after=b"\0\3")

# Cuts at the end of each field.
n, m = header(), header(single=False)
neural = block(n, 0, kind=NEURAL)
add("cut_in_dictionary", "truncated", 0, header(flags=4, rest=b"ident"))
add("cut_in_fingerprint", "truncated", 0, header(flags=8, rest=b"\x08engine="))
add("cut_before_fingerprint", "truncated", 0, header(flags=8))
for name, at in (("nothing", 0), ("magic", 2), ("version", 4), ("model", 5), ("numerics", 6), ("memory", 7), ("block", 8), ("length", 9),
                 ("payload_length", 10), ("tokens", 11), ("shape", 12), ("hash", 13), ("hash_inside", 20), ("check", 21),
                 ("payload", 25), ("payload_inside", 27)):
    add(f"cut_before_{name}", "truncated", 0, (n + neural)[:at])
parts = [block(m, 0, b"first"), block(m, 1, b"second")]
end = trailer(m, parts, [b"first", b"second"])
for name, at in (("second_block", 0), ("trailer", len(parts[1])), ("index", len(parts[1]) + 2), ("total", len(parts[1]) + len(end) - 9),
                 ("trailer_check", len(parts[1]) + len(end) - 8), ("trailer_size", len(parts[1]) + len(end) - 4),
                 ("last_byte", len(parts[1]) + len(end) - 1)):
    add(f"cut_before_{name}", "truncated", 1 if at < len(parts[1]) else 2, m + parts[0] + (parts[1] + end)[:at])
add("cut_in_second_member", "truncated", 1, one + one[:2])
add("claim_64_MiB", "truncated", 0, n + bytes([STORED]) + varint(2**26) + bytes(12) + b"ten bytes.")
add("claim_4_MiB", "truncated", 0, n + bytes([NEURAL]) + varint(2**22 - 1) + varint(2**22 - 1) + varint(9) + b"\x03" + bytes(12) + b"ten bytes.")

with open("vectors.txt", "w") as f:
    f.write("# Written by vectors.py. Name, what a reader says, blocks it returns before, file.\n")
    for name, want, returned, data in vectors:
        f.write(f"{name} {want} {returned} {data.hex() or '-'}\n")
print(len(vectors), "vectors")
