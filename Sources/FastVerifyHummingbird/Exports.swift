// An application that imports this module names policies, keys and rules in the same breath.
@_exported public import FastVerify
@_exported public import FastVerifyAccess
