package span

// The attributes of all spans: those of OpenTelemetry's semantic conventions 1.43, and
// those that only this program has, which begin with its name.
const (
	errorType     = "error.type"
	httpMethod    = "http.request.method"
	httpRoute     = "http.route"
	httpStatus    = "http.response.status_code"
	rpcSystem     = "rpc.system.name"
	rpcMethod     = "rpc.method"
	dbSystem      = "db.system.name"
	dbOperation   = "db.operation.name"
	dbBatchSize   = "db.operation.batch.size"
	dbReturned    = "db.response.returned_rows"
	serverAddress = "server.address"
	serverPort    = "server.port"

	dialectName   = Scope + ".dialect"
	faultType     = Scope + ".fault"
	attemptNumber = Scope + ".attempt"
	result        = Scope + ".result"
)
