"""A network as a picture: who is there, who heard whom and when, and how much went through.

`gathering` reads it, `drawing` draws it and knows no table.
"""
