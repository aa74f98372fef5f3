#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Makes what the workloads read, always the same bytes: files.py DIRECTORY (which becomes /t of the root)."""
import io
import os
import struct
import sys
import zipfile
import zlib


def chunk(kind, data):
	return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra):
	rows = b"".join(b"\1" + bytes((x * y) & 255 for x in range(48)) for y in range(16))
	return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)) + b"".join(extra) +
		chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def tiff():
	"""8 by 8 grey bytes in one strip."""
	tags = [(256, 3, 8), (257, 3, 8), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, 8), (279, 4, 64)]
	return (b"II*\0" + struct.pack("<I", 72) + bytes(range(64)) + struct.pack("<H", len(tags)) +
		b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags) + struct.pack("<I", 0))


def archive():
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w") as z:
		for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED), ("bzipped", zipfile.ZIP_BZIP2)):
			member = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
			member.compress_type = method
			z.writestr(member, b"the same line\n" * 200)
	return out.getvalue()


FILES = {
	"a.tif": tiff(),
	"a.xml": '<?xml version="1.0"?>\n<a xmlns:x="urn:x"><b x:k="1">one</b><b>&amp;two</b><!-- c --><?p i?><c><![CDATA[<]]></c></a>\n',
	"plain.xml": "<a><b>one</b><b>two</b></a>\n",
	"dtd.xml": '<!DOCTYPE a [<!ELEMENT a (b*)><!ELEMENT b (#PCDATA)><!ATTLIST b k CDATA "v"><!ENTITY e "x&f;"><!ENTITY f "y">]>\n'
		'<a><b>&e;</b><b k="w">&f;</b></a>\n',
	"bad.xml": "<a><b></a>&undefined;<\n",
	"xinclude.xml": '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="plain.xml"/></a>\n',
	"a.html": "<html><head><title>t</title></head><body><p>one<p>two<br><table><tr><td>x</table>&eacute;<!-- c --></body>\n",
	"a.xsd": '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:complexType><xs:sequence>'
		'<xs:element name="b" type="xs:string" maxOccurs="9"/></xs:sequence></xs:complexType></xs:element></xs:schema>\n',
	"a.rng": '<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><oneOrMore><element name="b"><text/></element>'
		"</oneOrMore></element>\n",
	"a.sch": '<schema xmlns="http://purl.oclc.org/dsdl/schematron"><pattern><rule context="a"><assert test="b">no b'
		"</assert></rule></pattern></schema>\n",
	"a.xsl": '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
		'<xsl:for-each select="//b"><xsl:value-of select="."/></xsl:for-each></xsl:template></xsl:stylesheet>\n',
	"catalog.xml": '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog"><system systemId="u" uri="/t/a.xml"/></catalog>\n',
	"use_expat.py": "import xml.etree.ElementTree as t\nprint(len(t.parse('/t/dtd.xml').getroot()))\n",
	"use_external.py": "from xml.parsers import expat\np = expat.ParserCreate(namespace_separator=' ')\n"
		"p.ExternalEntityRefHandler = lambda c, b, s, i: p.ExternalEntityParserCreate(c).Parse('<z/>', True)\n"
		"p.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)\n"
		"p.Parse('<!DOCTYPE a [<!ENTITY e SYSTEM \"u\">]><a xmlns=\"n\">&e;</a>', True)\n",
	"use_lxml.py": "from lxml import etree, html\nr = etree.parse('/t/dtd.xml').getroot()\nprint(r.xpath('count(//b)'))\n"
		"print(html.fromstring(open('/t/a.html').read()).text_content().strip()[:3])\n",
	"use_cares.py": "import pycares\nc = pycares.Channel(servers=['127.0.0.1'], timeout=0.2, tries=1)\nprint(c.servers)\n",
	"nginx.conf": "daemon off; error_log stderr; pid /tmp/nginx.pid; events {}\n"
		"http { access_log off; server { listen 127.0.0.1:8081; root /t; } }\n",
	"nginx_stream.conf": "load_module /usr/lib/nginx/modules/ngx_stream_module.so; daemon off; error_log stderr; pid /tmp/nginx.pid;\n"
		"events {} stream { server { listen 127.0.0.1:8082; proxy_pass 127.0.0.1:8081; } }\n",
	"lua.redis": "SET k v\nAPPEND k w\nGET k\nSETBIT b 7 1\nBITCOUNT b\nEVAL \"return redis.call('get', KEYS[1])\" 1 k\n"
		"EVAL \"return cjson.encode({1,2})\" 0\nXADD s * f v\nXRANGE s - +\nZADD z 1 a 2 b\nZRANGE z 0 -1\nSHUTDOWN NOSAVE\n",
	"plain.redis": "SET k v\nGET k\nSHUTDOWN NOSAVE\n",
	"acl.redis": "ACL SETUSER u on >p ~k* +get\nACL LIST\nKEYS *a*\nSORT none\nSHUTDOWN NOSAVE\n",
	"a.gif": b"GIF89a\2\0\2\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\2\0\2\0\0\2\3\x44\2\5\0;",
	"a.png": png(),
	"text.png": png(chunk(b"tEXt", b"Title\0x"), chunk(b"iCCP", b"p\0\0" + zlib.compress(b"x" * 200)), chunk(b"gAMA", struct.pack(">I", 45455))),
	"text.txt": "the same line\n" * 5000,
	"memcached.py": "import socket, sys, time\nfor _ in range(300):\n\ttry:\n\t\ts = socket.create_connection(('127.0.0.1', 11311))\n"
		"\t\tbreak\n\texcept OSError:\n\t\ttime.sleep(0.1)\ns.sendall(b'set k 0 0 1\\r\\nv\\r\\nget k\\r\\nquit\\r\\n')\n"
		"print(s.recv(99))\n",
	"wait.py": "import socket, sys, time\nfor _ in range(300):\n\ttry:\n\t\tsocket.create_connection(('127.0.0.1', int(sys.argv[1]))).close()\n"
		"\t\tbreak\n\texcept OSError:\n\t\ttime.sleep(0.1)\n",
	# Asks the server at 5353, and is the one at 5354 that it asks: a.example is 192.0.2.1.
	"dns.py": "import socket\n"
		"up, ask = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))\n"
		"up.bind(('127.0.0.1', 5354))\nask.settimeout(0.5)\nup.settimeout(0.5)\n"
		"question = b'\\1a\\7example\\0\\0\\1\\0\\1'\nanswered = False\n"
		"for _ in range(60):\n"
		"\task.sendto(b'\\0\\7\\1\\0\\0\\1' + bytes(6) + question, ('127.0.0.1', 5353))\n"
		"\ttry:\n"
		"\t\tif not answered:\n"
		"\t\t\tquery, sender = up.recvfrom(999)\n"
		"\t\t\tup.sendto(query[:2] + b'\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0' + question + b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xc0\\0\\2\\1', sender)\n"
		"\t\t\tanswered = True\n"
		"\t\tprint(ask.recv(999)[-4:])\n\t\tbreak\n\texcept OSError:\n\t\tpass\n",
	# What libffi calls at once stands in callgrind's output under a name of libffi: only what that calls is asked for.
	"use_cjson.py": "import ctypes\nc = ctypes.CDLL('libcjson.so.1')\nc.cJSON_Parse.restype = ctypes.c_void_p\nprint(bool(c.cJSON_Parse(b'[1, 2.5e1]')))\n",
	"a.json": '{"name": "a\\u00e9\\n", "list": [3, 1, 2], "a": {"b": [true, null, 1.5e3]}}\n',
	"m.jq": "def f: 1;\n",
	"a b": "a name with a space\n",
	"a.zip": archive(),
	"get.py": "import sys, time, urllib.request\nfor _ in range(300):\n\ttry:\n\t\tprint(len(urllib.request.urlopen(sys.argv[1]).read()))\n"
		"\t\tbreak\n\texcept OSError:\n\t\ttime.sleep(0.1)\n",
}

if __name__ == "__main__":
	directory = sys.argv[1]
	os.makedirs(directory, exist_ok=True)
	for name, content in FILES.items():
		with open(os.path.join(directory, name), "wb") as out:
			out.write(content if isinstance(content, bytes) else content.encode())
