#include "../../Sources/CCrypto/multibuffer/lanes_scalar.h"
#include "operations.h"
