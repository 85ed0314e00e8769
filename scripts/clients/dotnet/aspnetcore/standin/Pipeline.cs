// The parts of ASP.NET Core that build an application, as small as the tests allow.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Http
{
    public static class ResponseExtensions
    {
        public static void Clear(this HttpResponse response)
        {
            if (response.HasStarted) throw new InvalidOperationException("The response has started.");
            response.StatusCode = 200;
            response.Body.SetLength(0);
        }

        public static Task WriteAsync(this HttpResponse response, string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            return response.Body.WriteAsync(bytes, 0, bytes.Length);
        }
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    public sealed class Services : IServiceCollection, IServiceProvider
    {
        readonly Dictionary<Type, Func<object>> makers = new Dictionary<Type, Func<object>>();
        readonly Dictionary<Type, object> made = new Dictionary<Type, object>();

        public void Add(Type type, Func<object> make) { makers[type] = make; }

        public object GetService(Type type)
        {
            lock (made)
            {
                object value;
                if (!made.TryGetValue(type, out value)) made[type] = value = makers[type]();
                return value;
            }
        }

        public object Make(Type type, params object[] given)
        {
            var constructor = type.GetConstructors().Single();
            return constructor.Invoke(constructor.GetParameters().Select(p =>
                given.FirstOrDefault(p.ParameterType.IsInstanceOfType) ?? GetService(p.ParameterType)).ToArray());
        }
    }

    public sealed class OptionsOf<T> : IOptions<T> where T : class
    {
        public T Value { get; set; }
    }

    public static class ServiceExtensions
    {
        public static IServiceCollection Configure<T>(this IServiceCollection services, Action<T> configure) where T : class, new()
        {
            ((Services)services).Add(typeof(IOptions<T>), () => {
                var options = new T();
                configure(options);
                return new OptionsOf<T> { Value = options };
            });
            return services;
        }

        public static IServiceCollection AddSingleton<T>(this IServiceCollection services) where T : class
        {
            ((Services)services).Add(typeof(T), () => ((Services)services).Make(typeof(T)));
            return services;
        }

        public static IServiceCollection AddSingleton<T>(this IServiceCollection services, Func<IServiceProvider, T> make) where T : class
        {
            ((Services)services).Add(typeof(T), () => make((Services)services));
            return services;
        }

        public static T GetRequiredService<T>(this IServiceProvider provider) { return (T)provider.GetService(typeof(T)); }

        public static void AddAuthentication(this IServiceCollection services, Action<AuthenticationOptions> configure)
        {
            services.Configure(configure);
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    public sealed class ApplicationBuilder : IApplicationBuilder
    {
        readonly List<Func<RequestDelegate, RequestDelegate>> parts = new List<Func<RequestDelegate, RequestDelegate>>();

        public IServiceProvider ApplicationServices { get; set; }

        public IApplicationBuilder Use(Func<RequestDelegate, RequestDelegate> middleware)
        {
            parts.Add(middleware);
            return this;
        }

        public RequestDelegate Build()
        {
            RequestDelegate app = context => {
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
            };
            return Enumerable.Reverse(parts).Aggregate(app, (next, part) => part(next));
        }
    }

    public static class BuilderExtensions
    {
        public static IApplicationBuilder UseMiddleware<T>(this IApplicationBuilder app)
        {
            return app.Use(next => {
                var middleware = ((Services)app.ApplicationServices).Make(typeof(T), next);
                return (RequestDelegate)typeof(T).GetMethod("InvokeAsync").CreateDelegate(typeof(RequestDelegate), middleware);
            });
        }

        public static void Run(this IApplicationBuilder app, RequestDelegate handler) { app.Use(next => handler); }

        // It authenticates each request with the default scheme.
        public static IApplicationBuilder UseAuthentication(this IApplicationBuilder app)
        {
            var scheme = app.ApplicationServices.GetRequiredService<IOptions<AuthenticationOptions>>().Value.Added;
            return app.Use(next => async context => {
                var handler = (IAuthenticationHandler)Activator.CreateInstance(scheme.HandlerType);
                await handler.InitializeAsync(scheme, context);
                var result = await handler.AuthenticateAsync();
                if (result.Ticket != null) context.User = result.Ticket.Principal;
                await next(context);
            });
        }
    }
}
