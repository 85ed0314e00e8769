// Adds the header Authorization to each request. WCF itself sends a password only after
// the service has answered 401, and no key.
using System.Net;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using System.ServiceModel.Dispatcher;

public class Authorization : IEndpointBehavior, IClientMessageInspector
{
    readonly string value;

    public Authorization(string value) { this.value = value; }

    public object BeforeSendRequest(ref Message request, IClientChannel channel)
    {
        var http = new HttpRequestMessageProperty();
        http.Headers[HttpRequestHeader.Authorization] = value;
        request.Properties[HttpRequestMessageProperty.Name] = http;
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
}
