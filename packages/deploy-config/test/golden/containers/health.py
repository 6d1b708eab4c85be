# health.py <socket> <path>
import socket
import sys
from http.client import HTTPConnection

connection = HTTPConnection("localhost", timeout=3)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.settimeout(3)
connection.sock.connect(sys.argv[1])
connection.request("GET", sys.argv[2])
sys.exit(connection.getresponse().status != 200)
