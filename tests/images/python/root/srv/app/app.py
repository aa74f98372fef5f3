"""A guest book: answers with a rendered page, keeps visits in a database, reads XML."""
import http.server
import sqlite3
import xml.etree.ElementTree as tree

import jinja2

pages = jinja2.Environment(loader=jinja2.FileSystemLoader("/srv/app/templates"), autoescape=True)
visits = sqlite3.connect(":memory:")
visits.execute("create table visit (path text)")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        visits.execute("insert into visit values (?)", (self.path,))
        count = visits.execute("select count(*) from visit").fetchone()[0]
        title = tree.fromstring("<page><title>Visits</title></page>").findtext("title")
        body = pages.get_template("page.html").render(title=title, count=count).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
