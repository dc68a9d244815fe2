package drift

import "github.com/pertask/pertask/ledger"

func basic(done bool) ledger.BaseTrial { return ledger.BaseTrial{Completed: done} }
