// The credentials in the environment. CREDENTIALS selects how the program sends the name
// and the password in SOAP_LOGIN, the key in SOAP_KEY, or the client certificate.
using System;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

public static class Credentials
{
    static readonly string[] login = Variable("SOAP_LOGIN").Split(new[] { ':' }, 2);

    static string Variable(string name) { return Environment.GetEnvironmentVariable(name) ?? ""; }

    public static string Form { get { return Variable("CREDENTIALS"); } }
    public static string Name { get { return login[0]; } }
    public static string Password { get { return login[1]; } }

    // The header Authorization that each request has with some of the forms, or null.
    public static string Authorization
    {
        get
        {
            switch (Form)
            {
                case "basic": return "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Name + ":" + Password));
                case "bearer": return "Bearer " + Variable("SOAP_KEY");
                default: return null;
            }
        }
    }

    // What .NET sends when the service asks for it.
    public static NetworkCredential Login { get { return new NetworkCredential(Name, Password); } }

    // The client certificate with its key, in PKCS #12 form.
    public static X509Certificate2 Certificate { get { return new X509Certificate2(Variable("PKCS12"), "changeit"); } }
}
