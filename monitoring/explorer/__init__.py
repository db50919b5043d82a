"""The request log for teams: filters, one exchange on one page, exports."""
