// libsodium wants to be initialised before its first use; it chooses its implementations there.
#pragma once

/// 0 where libsodium cannot be used. Cheap after the first time.
int fv_sodium_ready(void);
