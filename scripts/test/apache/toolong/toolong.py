"""Sends a message of SIZE bytes with http.client, and prints the answer.

Usage: toolong.py ENDPOINT SIZE length|chunked
"""

import http.client
import sys
import urllib.parse

endpoint, size, form = sys.argv[1], int(sys.argv[2]), sys.argv[3]
url = urllib.parse.urlsplit(endpoint)
connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
body = b'x' * size
headers = {'Content-Type': 'text/xml; charset=utf-8'}
if form == 'chunked':
    headers['Transfer-Encoding'] = 'chunked'
    blocks = (body[at:at + 16384] for at in range(0, size, 16384))
    connection.request('POST', url.path, blocks, headers, encode_chunked=True)
else:
    connection.request('POST', url.path, body, headers)
print(connection.getresponse().read().decode())
connection.close()
