"""Invented feeds and pages."""

from __future__ import annotations

from html import escape


def rss(*items: str, head: str = "", language: str = "en-US") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        "<title>Harbor Workers</title><link>https://harbor.example.org/</link>"
        f"<language>{language}</language>{''.join(items)}</channel></rss>"
    )


def rss_item(
    title: str = "Cranes Stand Still",
    guid: str | None = "https://harbor.example.org/?p=1",
    date: str | None = "Thu, 29 Apr 2021 10:00:00 -0400",
    body: str = "<p>The cranes stood still.</p>",
    link: str | None = "https://harbor.example.org/news/cranes",
    more: str = "",
) -> str:
    parts = [
        f"<title>{escape(title)}</title>",
        f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else "",
        f"<link>{escape(link)}</link>" if link else "",
        f"<pubDate>{date}</pubDate>" if date else "",
        f"<description>{escape(body)}</description>",
        more,
    ]
    return f"<item>{''.join(parts)}</item>"


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <title>Harbor Workers</title>
  <link href="https://harbor.example.org/"/>
  <id>urn:uuid:60a76c80-d399-11d9-b93C-0003939e0af6</id>
  <updated>2021-05-02T12:00:00Z</updated>
  <entry>
    <title type="html">Night Shift &amp;amp; Day Shift Agree</title>
    <link href="/news/agree"/>
    <id>tag:harbor.example.org,2021:2</id>
    <published>2021-05-02T01:30:00Z</published>
    <updated>2021-05-09T12:00:00Z</updated>
    <category term="Statement"/>
    <summary>Both shifts signed.</summary>
    <content type="html">&lt;h1&gt;Agreed&lt;/h1&gt;&lt;p&gt;Both shifts signed
      &lt;a href="/pact"&gt;the pact&lt;/a&gt;.&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;</content>
  </entry>
  <entry>
    <title>A Report on Ropes</title>
    <link href="https://harbor.example.org/news/ropes"/>
    <id>tag:harbor.example.org,2021:1</id>
    <updated>2021-04-20T00:00:00Z</updated>
    <category term="Report"/>
    <content type="xhtml">
      <div xmlns="http://www.w3.org/1999/xhtml"><p>Ropes wear.</p></div>
    </content>
  </entry>
</feed>
"""

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><rss version='2.0'><channel><title>&i;</title></channel></rss>"
)

ARTICLES = """<!doctype html><html lang="en"><head><title>News</title>
<link rel="alternate" type="application/rss+xml" href="/feed/"></head><body>
<nav><a href="/">Home</a> <time>January 1, 1999</time></nav>
<main><h1>Newsroom</h1><p>What we say, when we say it.</p>
<article><p class="meta">April 29, 2021 • Statement</p>
 <h2><a href="/news/cranes">Cranes Stand Still</a></h2>
 <p>The cranes <em>stood</em> still. <img src="x.gif" alt="A crane"></p>
 <p><a href="/news/cranes">Read more</a></p></article>
<article>
 <header><time datetime="2021-04-02T08:00:00-04:00">2 Apr</time> <span>Report</span></header>
 <a href="news/ropes"><h3>A Report on Ropes</h3></a><p>Ropes wear.</p><ul><li>Hemp</li></ul>
</article>
</main><footer>© 2021</footer></body></html>
"""

FLAT = """<html><body><h1>Press</h1>
<p>3 June 2022</p><h2>Rent Freeze Passes</h2><p>The councils voted after months.</p>
<p>28 May 2022</p><h2>Fire in Harbor Street</h2><p>Five people lost their homes.</p>
</body></html>
"""

CARDS = """<html><body><ul>
<li><div><a href="/a">Rent Freeze Passes</a></div><div class="d">03.06.2022</div></li>
<li><div><a href="/b">Fire in Harbor Street</a></div><div class="d">28.05.2022</div></li>
</ul></body></html>
"""

ONE_RELEASE = """<html lang="es"><body><main><h1>Se aprueba la congelación de alquileres</h1>
<p class="date">3 de junio de 2022</p><p>El ayuntamiento votó ayer.</p>
<h3>Qué sigue</h3><p>Mucho.</p>
</main></body></html>
"""
