// What the adapter and the example use of ASP.NET Core, with the names and signatures of its
// documentation. It is for the tests in mono only, which has no ASP.NET Core.
using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Claims;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http.Features;

namespace Microsoft.AspNetCore.Http
{
    public delegate Task RequestDelegate(HttpContext context);

    public interface ISession
    {
        bool IsAvailable { get; }
        string Id { get; }
        IEnumerable<string> Keys { get; }
        Task LoadAsync(CancellationToken cancellationToken = default(CancellationToken));
        Task CommitAsync(CancellationToken cancellationToken = default(CancellationToken));
        bool TryGetValue(string key, out byte[] value);
        void Set(string key, byte[] value);
        void Remove(string key);
        void Clear();
    }

    public abstract class HttpContext
    {
        public abstract IFeatureCollection Features { get; }
        public abstract HttpRequest Request { get; }
        public abstract HttpResponse Response { get; }
        public abstract ClaimsPrincipal User { get; set; }
        public abstract ISession Session { get; set; }
    }

    public abstract class HttpRequest
    {
        public abstract string Method { get; set; }
        public abstract PathString Path { get; set; }
        public abstract IQueryCollection Query { get; set; }
        public abstract IRequestCookieCollection Cookies { get; set; }
        public abstract Stream Body { get; set; }
    }

    public abstract class HttpResponse
    {
        public abstract int StatusCode { get; set; }
        public abstract string ContentType { get; set; }
        public abstract IResponseCookies Cookies { get; }
        public abstract bool HasStarted { get; }
        public abstract Stream Body { get; set; }
        public abstract void OnStarting(Func<Task> callback);
    }

    public struct PathString
    {
        public PathString(string value) { Value = value; }
        public string Value { get; }
    }

    // The indexer of ASP.NET Core returns StringValues, which converts to string.
    public interface IQueryCollection { string this[string key] { get; } }

    public interface IRequestCookieCollection { bool TryGetValue(string key, out string value); }

    public interface IResponseCookies
    {
        void Append(string key, string value, CookieOptions options);
        void Delete(string key, CookieOptions options);
    }

    public enum SameSiteMode { Unspecified = -1, None, Lax, Strict }

    public class CookieOptions
    {
        public string Domain { get; set; }
        public string Path { get; set; }
        public bool Secure { get; set; }
        public bool HttpOnly { get; set; }
        public SameSiteMode SameSite { get; set; }
    }
}

namespace Microsoft.AspNetCore.Http.Features
{
    public interface IFeatureCollection
    {
        TFeature Get<TFeature>();
        void Set<TFeature>(TFeature instance);
    }

    public interface ISessionFeature { ISession Session { get; set; } }
}

namespace Microsoft.AspNetCore.Session
{
    using Microsoft.AspNetCore.Http;

    public interface ISessionStore
    {
        ISession Create(string sessionKey, TimeSpan idleTimeout, TimeSpan ioTimeout, Func<bool> tryEstablishSession, bool isNewSessionKey);
    }
}

namespace Microsoft.AspNetCore.Builder
{
    using Microsoft.AspNetCore.Http;

    public interface IApplicationBuilder
    {
        IServiceProvider ApplicationServices { get; set; }
        IApplicationBuilder Use(Func<RequestDelegate, RequestDelegate> middleware);
    }
}

namespace Microsoft.AspNetCore.Authentication
{
    using Microsoft.AspNetCore.Http;

    public interface IAuthenticationHandler
    {
        Task InitializeAsync(AuthenticationScheme scheme, HttpContext context);
        Task<AuthenticateResult> AuthenticateAsync();
        Task ChallengeAsync(AuthenticationProperties properties);
        Task ForbidAsync(AuthenticationProperties properties);
    }

    public class AuthenticationScheme
    {
        public AuthenticationScheme(string name, string displayName, Type handlerType)
        {
            Name = name;
            HandlerType = handlerType;
        }

        public string Name { get; }
        public Type HandlerType { get; }
    }

    public class AuthenticationProperties { }

    public class AuthenticationTicket
    {
        public AuthenticationTicket(ClaimsPrincipal principal, string authenticationScheme) { Principal = principal; }
        public ClaimsPrincipal Principal { get; }
    }

    public class AuthenticateResult
    {
        public AuthenticationTicket Ticket { get; private set; }
        public static AuthenticateResult Success(AuthenticationTicket ticket) { return new AuthenticateResult { Ticket = ticket }; }
        public static AuthenticateResult NoResult() { return new AuthenticateResult(); }
    }

    public class AuthenticationOptions
    {
        public AuthenticationScheme Added;
        public string DefaultScheme { get; set; }

        public void AddScheme<THandler>(string name, string displayName) where THandler : IAuthenticationHandler
        {
            Added = new AuthenticationScheme(name, displayName, typeof(THandler));
        }
    }
}

namespace Microsoft.Extensions.Options
{
    public interface IOptions<out TOptions> where TOptions : class { TOptions Value { get; } }
}

namespace Microsoft.Extensions.DependencyInjection
{
    public interface IServiceCollection { }
}
