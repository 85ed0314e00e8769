// Adds a name and a password to each message, in the Security header of WS-Security.
// A digest is a hash of the password. WCF of .NET has this header with
// TransportWithMessageCredential, but without a digest; mono's WCF has none.
using System;
using System.Security.Cryptography;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using System.ServiceModel.Dispatcher;
using System.Text;
using System.Xml;

public class UsernameToken : IEndpointBehavior, IClientMessageInspector
{
    readonly string name, password;
    readonly bool digest;

    public UsernameToken(string name, string password, bool digest)
    {
        this.name = name;
        this.password = password;
        this.digest = digest;
    }

    public object BeforeSendRequest(ref Message request, IClientChannel channel)
    {
        request.Headers.Add(new Header { User = name, Password = password, Digest = digest });
        return null;
    }

    public void AfterReceiveReply(ref Message reply, object state) { }

    public void ApplyClientBehavior(ServiceEndpoint endpoint, ClientRuntime runtime)
    {
        runtime.MessageInspectors.Add(this);
    }

    public void AddBindingParameters(ServiceEndpoint endpoint, BindingParameterCollection parameters) { }
    public void ApplyDispatchBehavior(ServiceEndpoint endpoint, EndpointDispatcher dispatcher) { }
    public void Validate(ServiceEndpoint endpoint) { }

    class Header : MessageHeader
    {
        const string Wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
        const string Security = Wss + "wssecurity-secext-1.0.xsd";
        const string Utility = Wss + "wssecurity-utility-1.0.xsd";
        const string Token = Wss + "username-token-profile-1.0#";

        public string User, Password;
        public bool Digest;

        public override string Name { get { return "Security"; } }
        public override string Namespace { get { return Security; } }
        public override bool MustUnderstand { get { return true; } }

        protected override void OnWriteHeaderContents(XmlDictionaryWriter writer, MessageVersion version)
        {
            writer.WriteStartElement("UsernameToken", Security);
            writer.WriteElementString("Username", Security, User);
            var nonce = new byte[16];
            RandomNumberGenerator.Create().GetBytes(nonce);
            var created = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
            writer.WriteStartElement("Password", Security);
            writer.WriteAttributeString("Type", Token + (Digest ? "PasswordDigest" : "PasswordText"));
            writer.WriteString(Digest ? Hash(nonce, created) : Password);
            writer.WriteEndElement();
            if (Digest)
            {
                writer.WriteElementString("Nonce", Security, Convert.ToBase64String(nonce));
                writer.WriteElementString("Created", Utility, created);
            }
            writer.WriteEndElement();
        }

        string Hash(byte[] nonce, string created)
        {
            var rest = Encoding.UTF8.GetBytes(created + Password);
            var all = new byte[nonce.Length + rest.Length];
            nonce.CopyTo(all, 0);
            rest.CopyTo(all, nonce.Length);
            return Convert.ToBase64String(SHA1.Create().ComputeHash(all)); // as the standard wants it
        }
    }
}
