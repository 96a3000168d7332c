"""The guest gateway API: `/api/` and `/gw/<label>/api/`, for third parties such as a hotel's desk.

Its words, shapes and oddities are those of the product whose clients it serves; none of them
leave this folder.
"""
