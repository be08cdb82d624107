"""Row-level security, the second line of access: what the api may see of each table, per caller.

The first line is the filter in each query. Where that one fails, this one holds: it works out from
the database alone what the caller of a transaction may reach (`giamsat_enter`), and a transaction
that has not said who asks sees nothing. `POLICY` reaches the database as the table `role_right`.
Applied by `giamsat migrate`, whenever what stands here has changed.
"""
