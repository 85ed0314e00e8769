package document

import (
	"math"
	"strconv"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/soap/xmlwrite"
	"memcachedsoap/wsdl"
)

// appendResponse appends the wrapper of an answer. It has one child, whose name is
// that of the operation followed by Result.
func appendResponse(dst []byte, operation string, result func([]byte) ([]byte, error)) ([]byte, error) {
	dst = append(dst, '<')
	dst = append(dst, operation...)
	dst = append(dst, `Response xmlns="`+wsdl.Namespace+`"><`...)
	dst = append(dst, operation...)
	dst = append(dst, `Result>`...)
	dst, err := result(dst)
	dst = append(dst, '<', '/')
	dst = append(dst, operation...)
	dst = append(dst, `Result></`...)
	dst = append(dst, operation...)
	return append(dst, `Response>`...), err
}

func appendStatus(dst []byte, status string) ([]byte, error) {
	return appendResponse(dst, "status", func(dst []byte) ([]byte, error) {
		return appendText(dst, status), nil
	})
}

func appendDeleted(dst []byte, existed bool) ([]byte, error) {
	return appendResponse(dst, "deleteSession", func(dst []byte) ([]byte, error) {
		return strconv.AppendBool(dst, existed), nil
	})
}

func appendRef(operation string) func([]byte, sessionstore.Ref) ([]byte, error) {
	return func(dst []byte, ref sessionstore.Ref) ([]byte, error) {
		return appendResponse(dst, operation, func(dst []byte) ([]byte, error) {
			return appendRefFields(dst, ref), nil
		})
	}
}

// appendRefFields appends the first elements of Session and SessionRef. expiresIn is
// absent for a session that never expires. It is an xs:int, so 68 years at most.
func appendRefFields(dst []byte, ref sessionstore.Ref) []byte {
	dst = appendElement(dst, "id", string(ref.ID))
	dst = appendElement(dst, "version", ref.Version)
	if ref.ExpiresIn > 0 {
		dst = append(dst, `<expiresIn>`...)
		dst = strconv.AppendInt(dst, min(int64(ref.ExpiresIn/time.Second), math.MaxInt32), 10)
		dst = append(dst, `</expiresIn>`...)
	}
	return dst
}

func appendReport(dst []byte, report service.Report) ([]byte, error) {
	return appendResponse(dst, "stats", func(dst []byte) ([]byte, error) {
		dst = append(dst, `<service>`...)
		dst = appendStats(dst, report.Service)
		dst = append(dst, `</service><servers>`...)
		for _, server := range report.Servers {
			dst = append(dst, `<server>`...)
			dst = appendElement(dst, "address", server.Address)
			dst = appendElement(dst, "tier", string(server.Tier))
			dst = append(dst, `<alive>`...)
			dst = strconv.AppendBool(dst, server.Alive)
			dst = append(dst, `</alive><stats>`...)
			dst = appendStats(dst, server.Stats)
			dst = append(dst, `</stats></server>`...)
		}
		return append(dst, `</servers>`...), nil
	})
}

func appendStats(dst []byte, stats []backend.Stat) []byte {
	for _, stat := range stats {
		dst = append(dst, `<stat>`...)
		dst = appendElement(dst, "name", stat.Name)
		dst = appendElement(dst, "value", stat.Value)
		dst = append(dst, `</stat>`...)
	}
	return dst
}

func appendElement(dst []byte, name, text string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = appendText(dst, text)
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

// appendText appends text of the service. If it has a character that XML does not
// allow, which only a defective server could cause, it is quoted.
func appendText(dst []byte, text string) []byte {
	out, ok := xmlwrite.AppendText(dst, text)
	if !ok {
		out, _ = xmlwrite.AppendText(dst, strconv.QuoteToASCII(text))
	}
	return out
}
