#!/usr/bin/env -S python3 -B
"""plot: what .build/bench/results.tsv says, as the picture that README shows.

  Tests/Benchmarks/plot.py [FILE]      the picture, as SVG, goes to standard output (make bench-plot)
"""

import math
import sys

import cells
import peers
import results

width, left, right, top, height = 760, 64, 16, 64, 300
middle = 40  # between the two panels
lowest, highest = 50, 30_000  # microseconds, the ends of the axis
bar_width, gap = 24, 4

colours = {peers.faillock: "#8a8f98", peers.ancestor: "#c9702b", peers.ours: "#2f7fd1"}
names = {peers.faillock: "pam_faillock (accounts only)", peers.ancestor: "libpam-abl 0.6.0"}
heading = "Milliseconds that a module adds to one login (logarithmic; less is better)"
panels = [("disk", "store on a disk"), ("tmpfs", "store in memory")]

# Text is grey of a lightness that can be read on white and on black, for those who show no style.
style = """
  text { font-family: system-ui, sans-serif; font-size: 13px; fill: #777d86; }
  .title { font-size: 15px; font-weight: 600; }
  .value { font-size: 12px; text-anchor: middle; }
  .group, .panel { text-anchor: middle; }
  .tick { text-anchor: end; }
  line { stroke: #8a8f98; stroke-opacity: 0.35; }
  @media (prefers-color-scheme: light) { text { fill: #24292f; } }
  @media (prefers-color-scheme: dark) { text { fill: #d8dee4; } }
"""


def element(name, text=None, **attributes):
    words = "".join(f' {key.rstrip("_")}="{value}"' for key, value in attributes.items())
    return f"<{name}{words}/>" if text is None else f"<{name}{words}>{text}</{name}>"


def place(number):
    return f"{number:.1f}".removesuffix(".0")


def level(microseconds):
    """Where on the picture's height a cost stands."""
    share = math.log(min(max(microseconds, lowest), highest) / lowest) / math.log(highest / lowest)
    return top + height * (1 - share)


def words(microseconds):
    """In milliseconds, two digits of it."""
    return f"{microseconds / 1000:.{2 if microseconds < 995 else 1 if microseconds < 9950 else 0}f}"


def axis():
    for tick in [100, 1000, 10_000]:
        y = place(level(tick))
        yield element("line", x1=left, y1=y, x2=width - right, y2=y)
        yield element("text", f"{tick / 1000:g} ms", x=left - 8, y=place(level(tick) + 4), class_="tick")
    base = top + height
    yield element("line", x1=left, y1=base, x2=width - right, y2=base)


def bar(x, peer, cost):
    y = level(cost)
    yield element(
        "rect", x=place(x), y=place(y), width=bar_width, height=place(top + height - y), rx=2, fill=colours[peer])
    yield element("text", words(cost), x=place(x + bar_width / 2), y=place(y - 6), class_="value")


def group(found, panel, kind, centre):
    """The peers side by side, for one kind of login."""
    x = centre - (3 * bar_width + 2 * gap) / 2
    for peer in colours:
        cost = found.own(panel, 10_000, kind, peer)
        if cost is not None:
            yield from bar(x, peer, cost)
        x += bar_width + gap
    yield element("text", kind, x=place(centre), y=top + height + 20, class_="group")


def panel(found, name, title, begin, end):
    for number, kind in enumerate(cells.kinds):
        yield from group(found, name, kind, begin + (end - begin) * (number + 0.5) / 3)
    yield element("text", title, x=place((begin + end) / 2), y=top + height + 42, class_="panel")


def legend():
    x = left
    for peer, colour in colours.items():
        name = names.get(peer, peer)
        yield element("rect", x=x, y=34, width=12, height=12, rx=2, fill=colour)
        yield element("text", name, x=x + 18, y=45)
        x += 40 + 7 * len(name)


def picture(found):
    half = (width - left - right - middle) / 2
    lines = [element("style", style), element("text", heading, x=left, y=20, class_="title")]
    lines += legend()
    lines += axis()
    for number, (name, title) in enumerate(panels):
        begin = left + number * (half + middle)
        lines += panel(found, name, title, begin, begin + half)
    size = {"viewBox": f"0 0 {width} {top + height + 56}", "width": width, "height": top + height + 56}
    text = "\n".join(lines).replace("class_=", "class=")
    return element("svg", f"\n{text}\n", xmlns="http://www.w3.org/2000/svg", role="img", **size)


if __name__ == "__main__":
    print(picture(results.read(*sys.argv[1:])))
