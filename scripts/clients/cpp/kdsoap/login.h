// CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN, the
// key in SOAP_KEY, or the client certificate.
#pragma once

#include <KDSoapClient/KDSoapAuthentication.h>
#include <KDSoapClient/KDSoapClientInterface.h>

#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>

// tls trusts the authority in the file AUTHORITY, and has the client certificate in the
// files CERTIFICATE and CERTIFICATE_KEY.
inline QSslConfiguration tls() {
  QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
  tls.setCaCertificates(QSslCertificate::fromPath(qEnvironmentVariable("AUTHORITY")));
  tls.setLocalCertificateChain(QSslCertificate::fromPath(qEnvironmentVariable("CERTIFICATE")));
  QFile file(qEnvironmentVariable("CERTIFICATE_KEY"));
  if (file.open(QIODevice::ReadOnly)) tls.setPrivateKey(QSslKey(&file, QSsl::Ec)); // or QSsl::Rsa
  return tls;
}

inline void add_credentials(KDSoapClientInterface& client) {
  const QByteArray kind = qgetenv("CREDENTIALS"), login = qgetenv("SOAP_LOGIN");
  if (kind == "basic") {
    client.setRawHTTPHeaders({{"Authorization", "Basic " + login.toBase64()}});
  } else if (kind == "bearer") {
    client.setRawHTTPHeaders({{"Authorization", "Bearer " + qgetenv("SOAP_KEY")}});
  } else if (kind == "basic-challenge" || kind == "usernametoken-digest") {
    const QString text = QString::fromUtf8(login);
    KDSoapAuthentication authentication;
    authentication.setUser(text.section(':', 0, 0));
    authentication.setPassword(text.section(':', 1));
    authentication.setUseWSUsernameToken(kind == "usernametoken-digest");
    client.setAuthentication(authentication);
  } else if (kind == "certificate") {
    client.setSslConfiguration(tls());
  }
}
