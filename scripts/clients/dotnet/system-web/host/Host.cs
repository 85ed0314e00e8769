using System;
using System.Net;
using System.Threading;
using System.Web.Hosting;

namespace Host
{
    /// <summary>
    /// Runs a web application of System.Web in mono, for the example and the tests. It is no server for production.
    /// </summary>
    public sealed class Host : MarshalByRefObject
    {
        // Pages that wait occupy threads; more than these begin after a delay.
        const int Threads = 64;

        /// <summary>
        /// Serves the application in a folder at a port of 127.0.0.1 until the process is ended. The port is the second
        /// argument, or the variable PORT.
        /// </summary>
        public static void Main(string[] args)
        {
            var host = (Host)ApplicationHost.CreateApplicationHost(typeof(Host), "/", System.IO.Path.GetFullPath(args[0]));
            host.Serve(int.Parse(args.Length > 1 ? args[1] : Environment.GetEnvironmentVariable("PORT")));
        }

        /// <summary>Takes requests.</summary>
        public void Serve(int port)
        {
            ThreadPool.SetMinThreads(Threads, Threads);
            var listener = new HttpListener();
            listener.Prefixes.Add("http://127.0.0.1:" + port + "/");
            listener.Start();
            while (true)
            {
                var exchange = listener.GetContext();
                ThreadPool.QueueUserWorkItem(state => Exchange.Process(exchange));
            }
        }

        /// <summary>Lets the host live as long as the process.</summary>
        public override object InitializeLifetimeService() { return null; }
    }
}
