"""One shape of paging for every list."""

from rest_framework import pagination


class Pagination(pagination.PageNumberPagination):
    """`?page=2&page_size=100`; 25 rows by default, 200 at most."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 200
