#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Flame graphs as files: an XML parser reads the picture, a browser zooms and searches the
# page without a network, and both say what the report says.
. "${top_srcdir:?}/tests/integration/lib.sh"

recording() {
	[ -s abc.cprof ] && return
	"$cprofd" record -F 1999 -o abc.cprof -- "$targets/abc" 1 2>err.txt || fail "$(cat err.txt)"
}

flame() {	# FORMAT [OPTION ...]
	format=$1
	shift
	"$cprofd" export --format "$format" --force "$@" abc.cprof 2>err.txt || fail "exit $?: $(cat err.txt)"
	is_silent err.txt || fail "on stderr: $(cat err.txt)"
}

# Each box is as wide as its share, which is the report's where a function has one box only.
picture() {
	recording
	flame svg
	"$cprofd" report --json abc.cprof >report.json 2>err.txt || fail "$(cat err.txt)"
	"$python" - <<-'EOF' >out.txt 2>&1 || fail "$(cat out.txt)"
	import json, re, xml.etree.ElementTree as tree
	report = json.load(open("report.json"))
	svg = tree.parse("abc.svg").getroot()
	ns = "{http://www.w3.org/2000/svg}"
	boxes = {}
	for g in svg.iter(ns + "g"):
	    name, share = g.find(ns + "title").text.split("\n")[:2]
	    width = float(g.find(ns + "rect").get("width"))
	    assert abs(width / 11.8 - float(share.split("%")[0])) < .2, (name, width, share)
	    boxes.setdefault(name, []).append(share)
	assert boxes.pop("all")[0].startswith("100.0% "), boxes
	n = 0
	for f in report["functions"]:
	    if len(boxes.get(f["name"], ())) == 1 and f["name"] in ("half", "third"):
	        share = float(boxes[f["name"]][0].split("%")[0])
	        assert abs(share - 100 * f["total"]["share"]) < .06, (f, share)
	        n += 1
	assert n, (boxes, [f["name"] for f in report["functions"]])
	text = "".join(svg.itertext())
	samples = "{:,}".format(report["totals"]["received"]["samples"])
	assert "; %s samples = " % samples in text and "; lost " in text and "; cut " in text, text[:300]
	EOF
}

# The page's data, by another parser of HTML.
page() {
	recording
	flame html
	want=$(report abc.cprof "r['totals']['received']['samples']")
	"$python" - "$want" <<-'EOF' >out.txt 2>&1 || fail "$(cat out.txt)"
	import html.parser, json, sys
	class Page(html.parser.HTMLParser):
	    tags, data, inside = [], "", None
	    def handle_starttag(self, tag, attrs):
	        self.tags.append(tag)
	        self.inside = dict(attrs).get("id") if tag == "script" else None
	    def handle_data(self, text):
	        if self.inside == "data":
	            self.data += text
	page = Page()
	page.feed(open("abc.html", encoding="utf-8").read())
	data = json.loads(page.data)
	boxes = data["boxes"]
	assert boxes[0][4] == int(sys.argv[1]), (boxes[0], sys.argv)
	assert page.tags.count("script") == 2, page.tags
	below = [0] * len(boxes)
	for b in boxes[1:]:
	    below[b[0]] += b[3]
	for b, used in zip(boxes, below):
	    assert b[5] + used <= b[3], b
	assert any(data["names"][b[1]][0] == "half" for b in boxes)
	EOF
}

# What somebody does with it, in a browser that reaches nothing: the page ends with a script
# that does it and writes down what it sees.
browser() {
	name="a browser zooms and searches without a network"
	[ -n "${CPROFD_LONG:-}" ] || skip "$name" "only make check-long starts a browser"
	for chromium in chromium chromium-browser google-chrome ""; do
		! have "${chromium:-sh}" || break
	done
	[ -n "$chromium" ] || skip "$name" "no chromium"
	recording
	flame html
	cp "$top_srcdir/tests/integration/flame_steps.html" steps.html || fail "no steps"
	cat abc.html steps.html >tried.html
	timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$PWD/browser" --window-size=1200,800 --host-resolver-rules="MAP * ~NOTFOUND" \
		--proxy-server=127.0.0.1:9 --virtual-time-budget=10000 --dump-dom "file://$PWD/tried.html" \
		>dom.txt 2>err.txt || fail "$chromium: $(tail -3 err.txt)"
	grep -q '<pre id="tried">ok</pre>' dom.txt ||
		fail "$(sed -n '/<pre id="tried">/,/<\/pre>/p' dom.txt)"
}

check "an XML parser reads the picture, whose widths are the report's shares" picture
check "the page is one file with all boxes" page
check "a browser zooms and searches without a network" browser
finish
