"""One SQL model a table: `<name>.sql` beside `<name>.yml`; built by warehouse/build.py."""
