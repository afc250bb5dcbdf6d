"""What every adapter has to do, as tests that another package's adapter can run: `pip install callsheet[contract]`.

`suite.CrmContract` are the tests: `reading`, `delivery`, `lead` and `trouble`, in the `steps` that they take.
`backend.Backend` is what they need of a CRM, real or fake, and `faults.Faults` the network between an adapter and its
CRM.
"""
