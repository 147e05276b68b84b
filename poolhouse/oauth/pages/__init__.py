"""What the hosted pages show. So far it is the logo alone; the pages themselves are not built yet."""
